// Search in the reader's browser. The index is a script, because a page that was opened from a disk may fetch nothing,
// and is loaded when somebody searches.
const root = document.documentElement.dataset.root;
const box = document.querySelector('.search');
const input = box.querySelector('input');
const list = box.querySelector('ol');
box.hidden = false;

// Beside the text there is room for the menu; without a script it opens by itself.
const menu = document.querySelector('.menu');
const wide = matchMedia('(width >= 60rem)');
const fit = () => {
  menu.open = wide.matches;
};
wide.addEventListener('change', fit);
fit();

let loading;
/** Resolves with the index. */
function index() {
  loading ??= script('minisearch.js')
    .then(() => script('search-index.js'))
    .then(() => {
      const found = new MiniSearch({
        fields: ['heading', 'title', 'text'],
        storeFields: ['link', 'heading', 'title', 'text'],
        idField: 'link',
        // A key of the configuration is found by its name and by each part of it.
        tokenize: (text) =>
          text
            .toLowerCase()
            .match(/[\p{L}\p{N}]+(?:[_.][\p{L}\p{N}]+)*/gu)
            ?.flatMap(parts) ?? [],
        searchOptions: { boost: { heading: 4, title: 2 }, prefix: true, fuzzy: 0.15, combineWith: 'AND' },
      });
      found.addAll(SEARCH_SECTIONS);
      return found;
    });
  return loading;
}

function parts(word) {
  const inner = word.split(/[_.]/);
  return inner.length === 1 ? [word] : [word, ...inner];
}

function script(name) {
  return new Promise((resolve, reject) => {
    const element = document.createElement('script');
    element.src = `${root}/assets/${name}`;
    element.addEventListener('load', resolve);
    element.addEventListener('error', () => reject(new Error(`${name} cannot be loaded`)));
    document.head.append(element);
  });
}

async function search() {
  const words = input.value.trim();
  const results = words === '' ? [] : (await index()).search(words).slice(0, 12);
  if (input.value.trim() !== words) return;
  list.replaceChildren(...results.map((result) => item(result, words)));
  if (words !== '' && results.length === 0)
    list.append(Object.assign(document.createElement('li'), { textContent: 'Nothing found' }));
  list.hidden = words === '';
}

function item({ link, heading, title, text }, words) {
  const anchor = Object.assign(document.createElement('a'), { href: `${root}/${link}`, textContent: heading });
  const at = Math.max(0, text.toLowerCase().indexOf(words.toLowerCase().split(/\s+/)[0]) - 40);
  const page = Object.assign(document.createElement('span'), { textContent: title === heading ? '' : title });
  const around = Object.assign(document.createElement('p'), { textContent: text.slice(at, at + 160) });
  anchor.append(page, around);
  const li = document.createElement('li');
  li.append(anchor);
  return li;
}

input.addEventListener('focus', () => void index());
input.addEventListener('input', () => void search());
box.addEventListener('click', (event) => {
  if (event.target.closest('a')) list.hidden = true;
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') list.hidden = true;
  if (event.key === '/' && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  }
});
document.addEventListener('click', (event) => {
  if (!box.contains(event.target)) list.hidden = true;
});
