import { StringDecoder } from 'node:string_decoder';
import { KeyInput } from './key-input.js';
import type { Token } from './key-tokens.js';
import { newsText, pageText, promptText } from './plain-text.js';
import type { Fact, MenuStart, MenuTerminal, OpenMenu, Perform } from './port.js';
import { columnsOf, printable } from './printable-text.js';
import { lastTop } from './reading.js';
import { currentPage, initialState } from './state.js';
import type { MenuState } from './state.js';
import { mayBeShown } from './update-add-key.js';
import { update } from './update.js';
import type { Message } from './update.js';
import { PLAIN, WRONG_NAME } from './words.js';

export interface PlainOptions {
  /**
   * True where there is a pty: typed characters come back, and lines end in CR LF. Without one the client's own
   * terminal does both.
   */
  readonly echo: boolean;
}

/** The menu as numbered lines, without any control sequence: for screen readers, TERM=dumb and `ssh -T`. */
export function openPlainMenu(
  terminal: MenuTerminal,
  start: MenuStart,
  perform: Perform,
  options: PlainOptions = { echo: false },
): OpenMenu {
  const menu = new PlainMenu(terminal, start, perform, options);
  menu.open();
  return menu;
}

const LONGEST_LINE = 16_384;

class PlainMenu implements OpenMenu {
  readonly #terminal: MenuTerminal;
  readonly #perform: Perform;
  readonly #echo: boolean;
  readonly #end: string;
  readonly #input: KeyInput;
  readonly #messages: Message[] = [];
  #state: MenuState;
  #decoder = new StringDecoder('utf8');
  #line = '';
  /** Columns of the line that stand on the screen. */
  #echoed = 0;
  /** The cursor stands behind a prompt. */
  #prompted = false;
  #busy = false;
  /** Effects so far. */
  #performed = 0;
  #suspended = false;
  #disposed = false;
  #stopEnd: (() => void) | null = null;

  constructor(terminal: MenuTerminal, start: MenuStart, perform: Perform, options: PlainOptions) {
    this.#terminal = terminal;
    this.#perform = perform;
    this.#echo = options.echo;
    this.#end = options.echo ? '\r\n' : '\n';
    this.#state = initialState(start);
    this.#input = new KeyInput(terminal, (tokens) => {
      this.#take(tokens);
    });
  }

  open(): void {
    const { site, customer, motd } = this.#state;
    this.#print([`${site}, ${customer}`, ...motd, ...pageText(this.#state)]);
    this.#forget();
    this.#prompt();
    this.#stopEnd =
      this.#terminal.onEnd?.(() => {
        this.#quit();
      }) ?? null;
    this.#input.start();
  }

  tell(fact: Fact): void {
    this.#send(fact);
  }

  suspend(): void {
    if (this.#suspended || this.#disposed) return;
    this.#send({ input: 'lent', lent: true });
    this.#suspended = true;
    this.#input.stop();
    if (this.#prompted) this.#terminal.write(this.#end);
    this.#prompted = false;
    this.#line = '';
    this.#echoed = 0;
  }

  resume(): void {
    if (!this.#suspended || this.#disposed) return;
    this.#suspended = false;
    this.#messages.push({ input: 'lent', lent: false });
    this.#work();
    this.#print([...this.#sayings(this.#state), ...pageText(this.#state)]);
    this.#forget();
    this.#prompt();
    this.#input.start();
  }

  dispose(): void {
    if (this.#disposed) return;
    if (!this.#suspended && this.#prompted) this.#terminal.write(this.#end);
    this.#disposed = true;
    this.#input.stop();
    this.#stopEnd?.();
  }

  #take(tokens: readonly Token[]): void {
    for (const token of tokens) {
      if (this.#suspended || this.#disposed) return;
      const text = token.token === 'paste' ? token.text : this.#decoder.write(token.bytes);
      // Cursor keys and the like mean nothing on a line.
      if (token.token === 'key' && text.startsWith('\x1b')) continue;
      for (const character of text) this.#character(character);
    }
  }

  #character(character: string): void {
    switch (character) {
      case '\r':
      case '\n': {
        const line = this.#line;
        this.#newLine(this.#echo);
        this.#enter(line);
        return;
      }
      case '\x7f':
      case '\b':
        this.#setLine(Array.from(this.#line).slice(0, -1).join(''));
        return;
      case '\x15':
        this.#setLine('');
        return;
      case '\x03':
        if (this.#line === '') this.#quit();
        else this.#setLine('');
        return;
      case '\x04':
        if (this.#line === '') this.#quit();
        return;
      default:
        if (character >= ' ' && this.#line.length < LONGEST_LINE) this.#setLine(this.#line + character);
    }
  }

  /** Changes the typed line, and the screen with it: what is no longer to be seen is wiped with backspaces. */
  #setLine(line: string): void {
    const before = this.#shownLine(this.#line);
    this.#line = line;
    if (!this.#echo) return;
    const after = this.#shownLine(line);
    if (after.startsWith(before)) this.#terminal.write(after.slice(before.length));
    else {
      const gone = this.#echoed - (before.startsWith(after) ? columnsOf(after) : 0);
      this.#terminal.write('\b \b'.repeat(gone) + (before.startsWith(after) ? '' : after));
    }
    this.#echoed = columnsOf(after);
  }

  /** A pasted private key is never echoed: of a key only what can be a public one is. */
  #shownLine(line: string): string {
    const page = currentPage(this.#state);
    if (this.#state.dialog === null && page.page === 'add-key' && (page.discarding || !mayBeShown(line)))
      return '';
    return printable(line, this.#state.preferences.charset);
  }

  #newLine(visible: boolean): void {
    if (visible) this.#terminal.write(this.#end);
    this.#line = '';
    this.#echoed = 0;
    this.#prompted = false;
  }

  #enter(line: string): void {
    const before = this.#state;
    const performed = this.#performed;
    const message = messageOf(before, line);
    if (message !== null) {
      this.#messages.push(message);
      this.#work();
    }
    if (this.#suspended || this.#disposed || this.#state.closing) return;
    const { dialog } = this.#state;
    const moved = placeOf(before) !== placeOf(this.#state);
    const asked = line.trim() === '' && dialog === null;
    const sayings = this.#sayings(this.#state);
    const idle = performed === this.#performed && !moved && sayings.length === 0 && !asked;
    if (dialog?.ask === 'name' && dialog.wrong) this.#print([WRONG_NAME]);
    else if (before.dialog !== null && dialog === null && isNo(message)) this.#print([PLAIN.no]);
    else if (idle && !isLine(message)) this.#print([PLAIN.notThere]);
    this.#print(sayings);
    this.#forget();
    if (moved || asked) this.#print(pageText(this.#state));
    this.#prompt();
  }

  #quit(): void {
    if (this.#suspended || this.#disposed) return;
    if (this.#prompted) this.#newLine(true);
    this.#state = { ...this.#state, dialog: null, calling: null, pages: this.#state.pages.slice(0, 1) };
    this.#send({ input: 'key', key: 'interrupt' });
  }

  #send(message: Message): void {
    if (this.#disposed) return;
    this.#messages.push(message);
    if (this.#busy) return;
    const before = this.#state;
    this.#work();
    if (this.#suspended || this.#state.lent) return;
    const pages = arrived(before, this.#state) ? pageText(this.#state) : [];
    const lines = [...newsText(before, this.#state), ...this.#sayings(this.#state), ...pages];
    if (lines.length === 0) return;
    this.#forget();
    if (this.#prompted) this.#terminal.write(this.#end);
    this.#print(lines);
    this.#prompt();
  }

  #work(): void {
    if (this.#busy) return;
    this.#busy = true;
    for (let message = this.#messages.shift(); message !== undefined; message = this.#messages.shift()) {
      const { state, effects } = update(this.#state, message);
      this.#state = state;
      for (const effect of effects) {
        if (effect.effect === 'quit') this.#print([PLAIN.goodbye]);
        this.#performed += 1;
        this.#perform(effect);
      }
    }
    this.#busy = false;
  }

  #sayings(state: MenuState): string[] {
    return [state.problem, state.notice].filter((text) => text !== null);
  }

  /** What was printed stays on the screen by itself. */
  #forget(): void {
    this.#state = { ...this.#state, problem: null, notice: null };
  }

  #print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const { charset } = this.#state.preferences;
    this.#terminal.write(lines.map((line) => printable(line, charset).trimEnd() + this.#end).join(''));
    this.#prompted = false;
  }

  #prompt(): void {
    if (this.#state.closing || this.#disposed || this.#suspended) return;
    const { charset } = this.#state.preferences;
    const shown = this.#echo ? this.#shownLine(this.#line) : '';
    this.#terminal.write(printable(promptText(this.#state), charset) + shown);
    this.#echoed = columnsOf(shown);
    this.#prompted = true;
  }
}

/** Keys and activity were waited for, and came. */
function arrived(before: MenuState, after: MenuState): boolean {
  const { page } = currentPage(after);
  if (after.dialog !== null) return false;
  return (
    (page === 'keys' && before.keys !== after.keys) ||
    (page === 'activity' && before.activity !== after.activity)
  );
}

/** What is shown, but for which of its choices was the last. */
function placeOf(state: MenuState): string {
  const page = currentPage(state);
  const question = state.dialog === null ? '' : state.dialog.ask;
  return [state.pages.length, page.page, 'top' in page ? page.top : '', question].join(' ');
}

function isLine(message: Message | null): boolean {
  return message !== null && 'input' in message && message.input === 'line';
}

function isNo(message: Message | null): boolean {
  return (
    message !== null &&
    'input' in message &&
    message.input === 'key' &&
    (message.key === 'n' || message.key === 'escape')
  );
}

/** What a typed line means where the customer is; null when it means nothing. */
function messageOf(state: MenuState, line: string): Message | null {
  const text = line.trim();
  const key = (name: string): Message => ({ input: 'key', key: name });
  if (state.calling !== null) return key('escape');
  if (state.dialog?.ask === 'name') return text === '' ? key('escape') : { input: 'line', text };
  if (state.dialog !== null) return key(/^y(es)?$/i.test(text) ? 'y' : 'n');
  const page = currentPage(state);
  if (page.page === 'add-key') return { input: 'line', text: line };
  if (page.page === 'activity' || page.page === 'help') {
    if (text === '')
      return page.page === 'help' || page.top >= lastTop(state, page) ? key('escape') : key('pagedown');
    return /^b(ack)?$/i.test(text) ? key('escape') : text === 'q' ? key('interrupt') : null;
  }
  return choiceOf(page.page, text);
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
};

function choiceOf(page: 'list' | 'domain' | 'rescue' | 'keys', text: string): Message | null {
  const word = text.toLowerCase();
  if (Object.hasOwn(WORDS, word)) return { input: 'key', key: WORDS[word] ?? 'r' };
  if (/^[0-9]{1,4}$/.test(word)) {
    if (page !== 'domain') return { input: 'choose', number: Number(word) };
    return word.length === 1 ? { input: 'key', key: word } : null;
  }
  const letters = page === 'domain' ? 'sap' : page === 'list' ? 'sa' : page === 'keys' ? 'a' : '';
  return word.length === 1 && letters.includes(word) ? { input: 'key', key: word } : null;
}
