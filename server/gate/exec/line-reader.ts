import type { Terminal, Unsubscribe } from '../session/terminal.js';

/** The longest text that is read. Characters. */
const MOST = 16 * 1024;

type LineTerminal = Pick<Terminal, 'hasPty' | 'write' | 'onInput' | 'onEnd' | 'onClose'>;

/**
 * Reads what the customer types or pipes in: with a pty one line, echoed; without one all until the end of
 * input.
 *
 * @returns null when the customer gave up with Ctrl-C or Ctrl-D, wrote too much, or has gone
 */
export function readText(terminal: LineTerminal): Promise<string | null> {
  return new Promise((resolve) => {
    const stops: Unsubscribe[] = [];
    let text = '';
    const finish = (result: string | null): void => {
      for (const stop of stops.splice(0)) stop();
      if (terminal.hasPty) terminal.write('\r\n');
      resolve(result);
    };
    stops.push(
      terminal.onClose(() => {
        finish(null);
      }),
      terminal.onEnd(() => {
        finish(text);
      }),
      terminal.onInput((data) => {
        for (const character of data.toString('utf8')) {
          if (terminal.hasPty && endOfLine(character)) {
            finish(text);
            return;
          }
          if (terminal.hasPty && GIVING_UP.includes(character)) {
            finish(null);
            return;
          }
          text = typed(terminal, text, character);
          if (text.length > MOST) {
            finish(null);
            return;
          }
        }
      }),
    );
  });
}

/** Ctrl-C and Ctrl-D. */
const GIVING_UP = '\x03\x04';

function endOfLine(character: string): boolean {
  return character === '\r' || character === '\n';
}

function typed(terminal: LineTerminal, text: string, character: string): string {
  if (!terminal.hasPty) return text + character;
  if (character === '\x7f' || character === '\b') {
    if (text !== '') terminal.write('\b \b');
    return text.slice(0, -1);
  }
  // Only a character of one plain column can be taken back from the screen again.
  if (!/^[\x20-\x7e]$/.test(character)) return text;
  terminal.write(character);
  return text + character;
}
