import { isAtStart } from './reading.js';
import { asksForText, currentPage, isTyped } from './state.js';
import type { MenuState } from './state.js';
import { offersConsole } from './update-dialog.js';
import type { Message } from './update.js';

/** The message for a typed line in this state; null when the line means nothing here. */
export function messageOf(state: MenuState, line: string): Message | null {
  const text = line.trim();
  const key = (name: string): Message => ({ input: 'key', key: name });
  if (state.calling !== null) return key('escape');
  if (isTyped(state.dialog)) return text === '' ? key('escape') : { input: 'line', text };
  if (state.dialog !== null)
    return key(/^y(es)?$/i.test(text) ? 'y' : /^c(onsole)?$/i.test(text) && asksConsole(state) ? 'c' : 'n');
  const page = currentPage(state);
  if (asksForText(page)) return { input: 'line', text: line };
  if (page.page === 'activity' || page.page === 'help') {
    if (text === '') return key(page.page === 'help' || isAtStart(state, page) ? 'escape' : 'pageup');
    return /^b(ack)?$/i.test(text) ? key('escape') : text === 'q' ? key('interrupt') : null;
  }
  return page.page === 'log' ? logChoice(text) : choiceOf(page.page, text);
}

/** Whether a line asks to leave. */
export function leaves(line: string): boolean {
  return WORDS[line.trim().toLowerCase()] === 'interrupt';
}

function asksConsole(state: MenuState): boolean {
  return state.dialog?.ask === 'yes' && offersConsole(state, state.dialog);
}

const LOG_WORDS: Readonly<Record<string, string>> = {
  '': 'pageup',
  '+': 'pagedown',
  '[': '[',
  ']': ']',
  n: 'n',
  N: 'N',
  g: 'home',
  e: 'end',
  o: 'o',
  b: 'escape',
  back: 'escape',
  q: 'interrupt',
};

/** The plain menu does not follow a log: `NAME log --follow` does. */
function logChoice(text: string): Message | null {
  if (text.startsWith('/')) return { input: 'line', text };
  return Object.hasOwn(LOG_WORDS, text) ? { input: 'key', key: LOG_WORDS[text] ?? '' } : null;
}

const WORDS: Readonly<Record<string, string>> = {
  '': 'r',
  b: 'escape',
  back: 'escape',
  q: 'interrupt',
  quit: 'interrupt',
  exit: 'interrupt',
  h: '?',
  help: '?',
  '?': '?',
  u: 'u',
  e: 'e',
};

const LETTERS: Readonly<Record<ListPage, string>> = {
  domain: 'saplmin',
  list: 'san',
  keys: 'a',
  notices: '',
  rescue: '',
  reinstall: '',
};

type ListPage = 'list' | 'domain' | 'rescue' | 'reinstall' | 'keys' | 'notices';

function choiceOf(page: ListPage, text: string): Message | null {
  const word = text.toLowerCase();
  if (Object.hasOwn(WORDS, word)) return { input: 'key', key: WORDS[word] ?? 'r' };
  if (/^[0-9]{1,4}$/.test(word)) {
    if (page !== 'domain') return { input: 'choose', number: Number(word) };
    return word.length === 1 ? { input: 'key', key: word } : null;
  }
  return word.length === 1 && LETTERS[page].includes(word) ? { input: 'key', key: word } : null;
}
