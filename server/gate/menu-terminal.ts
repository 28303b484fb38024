import type { MenuTerminal } from '../../menus/port.js';
import type { Terminal } from './terminal.js';

/** A session's terminal, as a menu needs it. */
export function menuTerminal(terminal: Terminal): MenuTerminal {
  return {
    term: terminal.term,
    get columns() {
      return terminal.columns;
    },
    get rows() {
      return terminal.rows;
    },
    write: (data) => {
      terminal.write(data);
    },
    onInput: (listener) => terminal.onInput(listener),
    onResize: (listener) => terminal.onResize(listener),
    onEnd: (listener) => terminal.onEnd(listener),
  };
}
