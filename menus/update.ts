import { updateFact } from './update-fact.js';
import { burstText, chooseNumber, enterLine, pasteText, pressKey } from './update-input.js';
import type { Fact } from './port.js';
import type { Input, MenuState, Step } from './state.js';

export type Message = Fact | Input;

/**
 * The menu (house rule 6): what was, and what came, give what is and what is wanted. Pure; time comes with ticks.
 * Both menus, full-screen and plain, are this function.
 */
export function update(state: MenuState, message: Message): Step {
  const step = react(state, message);
  const wasOpen = state.pages.some(({ page }) => page === 'log');
  const isOpen = step.state.pages.some(({ page }) => page === 'log');
  // However the page was left.
  return wasOpen && !isOpen ? { ...step, effects: [...step.effects, { effect: 'log-close' }] } : step;
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
    case 'line':
      return enterLine(state, message.text);
  }
}
