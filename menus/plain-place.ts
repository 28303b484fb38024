import { seenRows } from './log-view.js';
import { currentPage } from './state.js';
import type { LogPage, MenuState } from './state.js';

/** Identifies the visible rows of a log. */
function seenAt(state: MenuState, { view }: LogPage): string {
  const [first] = view === null ? [] : seenRows(view, state);
  const line = view?.lines[first?.line ?? -1];
  return `${line?.from ?? ''} ${first?.part ?? ''}`;
}

/** Identifies what is shown, without the selected choice. */
export function placeOf(state: MenuState): string {
  const page = currentPage(state);
  const question = state.dialog === null ? '' : state.dialog.ask;
  const top = page.page === 'log' ? seenAt(state, page) : 'top' in page ? page.top : '';
  return [state.pages.length, page.page, top, question].join(' ');
}
