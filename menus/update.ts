import { updateFact } from './update-fact.js';
import { burstText, chooseEntry, chooseNumber, enterLine, pasteText, pressKey } from './update-input.js';
import type { Fact, Printed } from './port.js';
import { currentPage } from './state.js';
import type { Input, MenuState, Step } from './state.js';
import { askSwitchLog } from './update-log.js';
import { askCode, changeNotices } from './update-notices.js';
import { PRINTS_ALREADY } from './words.js';

export type Message = Fact | Input;

/**
 * The menu (house rule 6): a state and a message give the next state and effects. Pure; time arrives with
 * ticks. The full-screen and the plain menu both use it.
 */
export function update(state: MenuState, message: Message): Step {
  const step = askUsage(react(state, message));
  const wasOpen = state.pages.some(({ page }) => page === 'log');
  const isOpen = step.state.pages.some(({ page }) => page === 'log');
  // Closes the log whichever way its page was left.
  return wasOpen && !isOpen ? { ...step, effects: [...step.effects, { effect: 'log-close' }] } : step;
}

/** A graph is no older than this while it is looked at. Milliseconds. */
const GRAPH_AGE = 60_000;

/** Asks for the graph of the server whose page is shown. */
function askUsage(step: Step): Step {
  const { state, effects } = step;
  const page = currentPage(state);
  if (state.hasGraphs !== true || state.lent || state.closing || page.page !== 'domain') return step;
  const { domain } = page;
  const { usage, now } = state;
  const isSame = usage?.domain === domain;
  // The clock of the gate may be set back.
  if (isSame && Math.abs(now - usage.askedAt) < GRAPH_AGE) return step;
  const asked = { domain, askedAt: now, graph: isSame ? usage.graph : null };
  return { state: { ...state, usage: asked }, effects: [...effects, { effect: 'usage', domain }] };
}

/** One thing at a time is printed: each is a request to a host. */
function print(state: MenuState, printed: Printed): Step {
  if (state.printing) return { state: { ...state, notice: PRINTS_ALREADY }, effects: [] };
  return { state: { ...state, printing: true }, effects: [{ effect: 'print', printed }] };
}

function react(state: MenuState, message: Message): Step {
  if ('fact' in message) return updateFact(state, message);
  if (message.input === 'lent')
    return { state: { ...state, lent: message.lent, calling: null }, effects: [] };
  if (state.lent || state.closing) return { state, effects: [] };
  switch (message.input) {
    case 'key':
      return pressKey(state, message.key);
    case 'paste':
      return pasteText(state, message.text);
    case 'burst':
      return burstText(state, message.text, message.isLine);
    case 'choose':
      return chooseNumber(state, message.number);
    case 'entry':
      return chooseEntry(state, message.id);
    case 'line':
      return enterLine(state, message.text);
    case 'print':
      return print(state, message.printed);
    case 'switch-log':
      return askSwitchLog(state, message.domain, message.keep);
    case 'notices':
      return message.change === 'confirm' ? askCode(state) : changeNotices(state, message.change);
  }
}
