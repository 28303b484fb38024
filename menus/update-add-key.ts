import type { MenuState, Page, Step } from './state.js';
import { KEY_PRIVATE, KEY_TOO_LONG } from './key-words.js';

type AddKeyPage = Extract<Page, { page: 'add-key' }>;

/** An RSA key of 16384 bits takes 2,800 characters. */
const LONGEST_KEY = 8192;
const PRIVATE = /PRIVATE KEY|^PuTTY-User-Key-File/i;
/** The last line of a private key, or the customer's own sign that it is over. */
const PRIVATE_ENDS = /^\s*-----END |^Private-MAC|^\s*[bq]\s*$/i;
/** Possible beginnings of a public key. While one is being typed, its own beginning counts too. */
const PUBLIC_STARTS = ['ssh-', 'ecdsa-sha2-', 'sk-ssh-', 'sk-ecdsa-'];

function still(state: MenuState): Step {
  return { state, effects: [] };
}

/** Whether typed text may be shown: only text that can still become a public key. */
export function canBeShown(text: string): boolean {
  const start = text.trimStart();
  return PUBLIC_STARTS.some((known) =>
    start.length < known.length ? known.startsWith(start) : start.startsWith(known),
  );
}

export function addKeyKey(state: MenuState, page: AddKeyPage, key: string): Step {
  if (key === 'escape' || key === 'interrupt' || key === 'eof') return still(leave(state));
  if (page.discarding) return still({ ...state, problem: KEY_PRIVATE });
  if (key === 'backspace') return still(withText(state, page, page.text.slice(0, -1)));
  if (key === 'clear') return still(withText(state, page, ''));
  if (key === 'enter') return submit(state, page);
  if (Array.from(key).length !== 1) return still(state);
  return still(take(state, page, page.text + key));
}

export function addKeyPaste(state: MenuState, page: AddKeyPage, text: string): Step {
  if (page.discarding) return still({ ...state, problem: KEY_PRIVATE });
  return still(take(state, page, page.text + oneLine(text)));
}

/** Takes a whole line, as the plain menu reads it. */
export function addKeyLine(state: MenuState, page: AddKeyPage, text: string): Step {
  if (page.discarding) return still(PRIVATE_ENDS.test(text) ? leave(state) : state);
  if (text.trim() === '') return still(leave(state));
  const next = take(state, page, text);
  const current = next.pages.at(-1);
  return current?.page === 'add-key' && !current.discarding && next.problem === null
    ? submit(next, current)
    : still(next);
}

/** Joins a key that was broken over lines. Terminals send pasted line ends as carriage returns. */
function oneLine(text: string): string {
  return PRIVATE.test(text) ? text : text.trim().replace(/[\r\n]+/g, '');
}

function take(state: MenuState, page: AddKeyPage, text: string): MenuState {
  if (PRIVATE.test(text)) {
    return { ...withText(state, { ...page, discarding: true }, ''), problem: KEY_PRIVATE };
  }
  if (text.length > LONGEST_KEY) return { ...withText(state, page, ''), problem: KEY_TOO_LONG };
  return withText(state, page, text);
}

function submit(state: MenuState, page: AddKeyPage): Step {
  const text = page.text.trim();
  if (text === '') return still(state);
  return { state: leave(state), effects: [{ effect: 'add-key', text }, { effect: 'list-keys' }] };
}

function withText(state: MenuState, page: AddKeyPage, text: string): MenuState {
  return { ...state, pages: [...state.pages.slice(0, -1), { ...page, text }] };
}

function leave(state: MenuState): MenuState {
  return state.pages.length > 1 ? { ...state, pages: state.pages.slice(0, -1) } : state;
}
