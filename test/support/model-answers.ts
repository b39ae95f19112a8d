/** Answers of common model APIs, whole and as streams, in the shapes that their documentation describes. */

function events(...data: readonly (object | string)[]): string {
  return data.map((each) => `data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`).join('');
}

function named(...data: readonly (Readonly<Record<string, unknown>> & { readonly type: string })[]): string {
  return data.map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join('');
}

const CHAT = { id: 'chatcmpl-9', created: 1760000000, model: 'gpt-4.1-mini' };
const CHAT_USAGE = {
  prompt_tokens: 19,
  completion_tokens: 10,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0 },
};
const chatChunk = (delta: object, more: object = {}) => ({
  ...CHAT,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  usage: null,
  ...more,
});

const RESPONSE = { id: 'resp_67', object: 'response', created_at: 1760000000, model: 'gpt-4.1', error: null };
const RESPONSE_USAGE = {
  input_tokens: 36,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 87,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 123,
};
const OUTPUT = [
  {
    type: 'message',
    id: 'msg_67',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'Say {"usage":{"total_tokens":1}} "twice"\n', annotations: [] }],
  },
];

const MESSAGE = { id: 'msg_01', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', stop_sequence: null };
const CACHE = { cache_creation_input_tokens: 40, cache_read_input_tokens: 200 };

const gemini = (text: string, usage: object) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }],
  usageMetadata: usage,
  modelVersion: 'gemini-2.5-flash',
  responseId: 'x1',
});
const GEMINI_CHUNKS = [
  gemini('Under', { promptTokenCount: 8, totalTokenCount: 8 }),
  gemini(' the sea', { promptTokenCount: 8, candidatesTokenCount: 21, totalTokenCount: 52, thoughtsTokenCount: 23 }),
];

export interface ModelAnswer {
  readonly type: 'application/json' | 'text/event-stream' | 'application/x-ndjson';
  readonly body: string;
}

const json = (body: object): ModelAnswer => ({ type: 'application/json', body: JSON.stringify(body, null, 2) });
const stream = (body: string): ModelAnswer => ({ type: 'text/event-stream', body });

export const MODEL_ANSWERS = {
  'OpenAI chat completions': {
    whole: json({
      ...CHAT,
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
      usage: CHAT_USAGE,
      service_tier: 'default',
    }),
    stream: stream(
      events(
        chatChunk({ role: 'assistant', content: '' }),
        chatChunk({ content: '"usage": {"total_tokens": 1}' }),
        chatChunk({ content: ' €' }),
        { ...chatChunk({}), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
        { ...chatChunk({}), choices: [], usage: CHAT_USAGE },
        '[DONE]',
      ),
    ),
  },
  'OpenAI responses': {
    whole: json({ ...RESPONSE, status: 'completed', output: OUTPUT, usage: RESPONSE_USAGE, metadata: {} }),
    stream: stream(
      named(
        {
          type: 'response.created',
          sequence_number: 0,
          response: { ...RESPONSE, status: 'in_progress', usage: null },
        },
        { type: 'response.output_text.delta', sequence_number: 1, item_id: 'msg_67', delta: 'Hi' },
        {
          type: 'response.completed',
          sequence_number: 2,
          response: { ...RESPONSE, status: 'completed', output: OUTPUT, usage: RESPONSE_USAGE },
        },
      ),
    ),
  },
  'Anthropic messages': {
    whole: json({
      ...MESSAGE,
      content: [{ type: 'text', text: 'Hello!' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 25, ...CACHE, output_tokens: 15, service_tier: 'standard' },
    }),
    stream: stream(
      named(
        {
          type: 'message_start',
          message: {
            ...MESSAGE,
            content: [],
            stop_reason: null,
            usage: { input_tokens: 25, ...CACHE, output_tokens: 1 },
          },
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'ping' },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } },
        { type: 'message_stop' },
      ),
    ),
  },
  'Google Gemini': {
    whole: json(GEMINI_CHUNKS[1]!),
    stream: stream(GEMINI_CHUNKS.map((each) => `data: ${JSON.stringify(each)}\r\n\r\n`).join('')),
  },
  'Google Gemini as a list': {
    whole: json(GEMINI_CHUNKS[1]!),
    stream: json(GEMINI_CHUNKS),
  },
  Mistral: {
    whole: json({
      id: 'cmpl-e5',
      object: 'chat.completion',
      model: 'mistral-small-latest',
      usage: { prompt_tokens: 16, completion_tokens: 34, total_tokens: 50 },
      choices: [{ index: 0, message: { content: 'Bonjour', role: 'assistant' }, finish_reason: 'stop' }],
    }),
    stream: stream(
      events(
        { id: 'cmpl-e5', choices: [{ index: 0, delta: { role: 'assistant', content: 'Bon' }, finish_reason: null }] },
        {
          id: 'cmpl-e5',
          choices: [{ index: 0, delta: { content: 'jour' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 16, total_tokens: 50, completion_tokens: 34 },
        },
        '[DONE]',
      ),
    ),
  },
  Ollama: {
    whole: json({
      model: 'llama3.2',
      message: { role: 'assistant', content: 'Hi' },
      done: true,
      prompt_eval_count: 26,
      eval_count: 298,
      eval_duration: 4709213000,
    }),
    stream: {
      type: 'application/x-ndjson',
      body: [
        { model: 'llama3.2', message: { role: 'assistant', content: 'Hi' }, done: false },
        { model: 'llama3.2', done: true, prompt_eval_count: 26, eval_count: 298, total_duration: 4883583458 },
      ]
        .map((each) => `${JSON.stringify(each)}\n`)
        .join(''),
    },
  },
} as const satisfies Readonly<Record<string, { readonly whole: ModelAnswer; readonly stream: ModelAnswer }>>;
