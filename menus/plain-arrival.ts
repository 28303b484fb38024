import { pageText } from './plain-text.js';
import { currentPage } from './state.js';
import type { MenuState } from './state.js';

/** Whether the keys, the notices, the activity or the log lines that this page waited for have arrived. */
export function hasArrived(before: MenuState, after: MenuState): boolean {
  const { page } = currentPage(after);
  if (after.dialog !== null) return false;
  return (
    (page === 'log' && pageText(before).join() !== pageText(after).join()) ||
    (page === 'keys' && before.keys !== after.keys) ||
    (page === 'notices' && before.notices !== after.notices) ||
    (page === 'activity' && before.activity !== after.activity)
  );
}

/** Whether a request has not been answered yet. */
export function isWaiting(state: MenuState): boolean {
  return state.asked !== null || isReading(state);
}

/** Whether lines that were asked for have not come yet. */
export function isReading(state: MenuState): boolean {
  const page = currentPage(state);
  return state.printing || (page.page === 'log' && (page.view === null || page.searching));
}
