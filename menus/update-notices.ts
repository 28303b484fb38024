import type { MenuState, Page, Step } from './state.js';
import type { NoticeChange } from './port.js';

type NoticeTextPage = Extract<Page, { page: 'notice-text' }>;

/** An address has at most 254 characters, and a code 13. */
const LONGEST = 260;

function still(state: MenuState): Step {
  return { state, effects: [] };
}

/** A choice that needs no text. */
export function changeNotices(state: MenuState, change: NoticeChange): Step {
  return { state, effects: [{ effect: 'change-notices', change }] };
}

/** Asks for the code that was sent. */
export function askCode(state: MenuState): Step {
  return still({ ...state, pages: [...state.pages, { page: 'notice-text', of: 'confirm', text: '' }] });
}

export function noticeTextKey(state: MenuState, page: NoticeTextPage, key: string): Step {
  if (key === 'escape' || key === 'interrupt' || key === 'eof') return still(leave(state));
  if (key === 'backspace') return still(withText(state, page, page.text.slice(0, -1)));
  if (key === 'clear') return still(withText(state, page, ''));
  if (key === 'enter') return submit(state, page, page.text);
  if (Array.from(key).length !== 1) return still(state);
  return still(withText(state, page, page.text + key));
}

export function noticeTextPaste(state: MenuState, page: NoticeTextPage, text: string): Step {
  return still(withText(state, page, page.text + text.trim().replace(/[\r\n]+/g, ' ')));
}

/** Takes a whole line, as the plain menu reads it. */
export function noticeTextLine(state: MenuState, page: NoticeTextPage, text: string): Step {
  return text.trim() === '' ? still(leave(state)) : submit(state, page, text.slice(0, LONGEST));
}

function submit(state: MenuState, page: NoticeTextPage, given: string): Step {
  const text = given.trim();
  if (text === '') return still(state);
  return { state: leave(state), effects: [{ effect: 'tell-notices', of: page.of, text }] };
}

function withText(state: MenuState, page: NoticeTextPage, text: string): MenuState {
  return { ...state, pages: [...state.pages.slice(0, -1), { ...page, text: text.slice(0, LONGEST) }] };
}

function leave(state: MenuState): MenuState {
  return state.pages.length > 1 ? { ...state, pages: state.pages.slice(0, -1) } : state;
}
