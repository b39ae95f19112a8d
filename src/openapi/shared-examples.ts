/** Makes each named example of an answer a component of the document: nearly every operation has the same errors. */

interface Media {
  readonly examples?: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly responses?: Readonly<Record<string, Answer>>;
}

interface Document {
  readonly paths?: Readonly<Record<string, object | undefined>>;
  readonly components?: object;
}

/** A copy; a component has the name of its example, with a number if there is another one of that name. */
export function withSharedExamples<Given extends Document>(document: Given): Given {
  const components: Record<string, unknown> = {};

  function componentOf(name: string, example: unknown): string {
    const text = JSON.stringify(example);
    for (let number = 1; ; number += 1) {
      const wanted = number === 1 ? name : `${name}-${number}`;
      components[wanted] ??= example;
      if (JSON.stringify(components[wanted]) === text) return wanted;
    }
  }

  const media = (given: Media): Media => {
    if (given.examples === undefined) return given;
    const shared = Object.entries(given.examples).map(([name, example]) => [
      name,
      { $ref: `#/components/examples/${componentOf(name, example)}` },
    ]);
    return { ...given, examples: Object.fromEntries(shared) as Record<string, object> };
  };
  const answer = (given: Answer): Answer =>
    given.content === undefined ? given : { ...given, content: mapped(given.content, media) };
  const operation = (given: Operation): Operation =>
    given.responses === undefined ? given : { ...given, responses: mapped(given.responses, answer) };

  const paths = mapped(document.paths ?? {}, (item = {}) => mapped(item as Record<string, Operation>, operation));
  return { ...document, paths, components: { ...document.components, examples: components } };
}

function mapped<Value>(
  values: Readonly<Record<string, Value>>,
  change: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
