import { byCommandOnly } from './command-words.js';
import { KeyInput } from './key-input.js';
import { LineEditor } from './line-editor.js';
import { hasArrived, isReading, isWaiting } from './plain-arrival.js';
import { leaves, messageOf } from './plain-choice.js';
import { placeOf } from './plain-place.js';
import { newsText, pageText, promptText } from './plain-text.js';
import type { Fact, MenuStart, MenuTerminal, OpenMenu, Perform } from './port.js';
import { printable } from './printable-text.js';
import { currentPage, initialState, isTyped } from './state.js';
import type { MenuState } from './state.js';
import { canBeShown } from './update-add-key.js';
import { MenuLoop } from './menu-loop.js';
import type { Message } from './update.js';
import { nextWords, typedPath } from './typed-words.js';
import { completion, wordList } from './word-list.js';
import type { TypedPath } from './typed-words.js';
import { PLAIN } from './help-words.js';
import { PRINTS_ALREADY } from './words.js';
import { acceptedSentence, wrongWord } from './operation-words.js';

interface PlainOptions {
  /**
   * True with a pty: typed characters are echoed, and lines end in CR LF. Without one, the client's own
   * terminal does both.
   */
  readonly echo: boolean;
}

/** The menu as numbered lines without control sequences: for screen readers, TERM=dumb and `ssh -T`. */
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

/** The most lines that wait until what was asked for before has come. */
const MOST_AHEAD = 32;

class PlainMenu implements OpenMenu {
  readonly #terminal: MenuTerminal;
  readonly #end: string;
  readonly #echoes: boolean;
  readonly #input: KeyInput;
  readonly #editor: LineEditor;
  readonly #loop: MenuLoop;
  readonly #perform: Perform;
  /** Whether the cursor stands after a prompt. */
  #prompted = false;
  /** Lines that were typed ahead. */
  readonly #ahead: string[] = [];
  /** The number of effects so far. */
  #performed = 0;
  #suspended = false;
  #disposed = false;
  #ended = false;
  #stopEnd: (() => void) | null = null;

  constructor(terminal: MenuTerminal, start: MenuStart, perform: Perform, options: PlainOptions) {
    this.#terminal = terminal;
    this.#end = options.echo ? '\r\n' : '\n';
    this.#echoes = options.echo;
    this.#perform = perform;
    this.#loop = new MenuLoop(initialState(start), (effect) => {
      if (effect.effect === 'quit') this.#print([PLAIN.goodbye]);
      this.#performed += 1;
      perform(effect);
    });
    this.#editor = new LineEditor({
      echo: options.echo
        ? (text) => {
            terminal.write(text);
          }
        : null,
      shown: (line) => this.#shownLine(line),
      completed: (line, again) => this.#complete(line, again),
      entered: (line) => {
        if (options.echo) terminal.write(this.#end);
        this.#prompted = false;
        if (this.#mustWait(line)) this.#keep(line);
        else this.#enter(line);
      },
      left: () => {
        this.#quit();
      },
    });
    this.#input = new KeyInput(terminal, (tokens) => {
      this.#editor.take(tokens, () => !this.#suspended && !this.#disposed);
    });
  }

  open(): void {
    const { site, customer, motd } = this.#loop.state;
    this.#print([`${site}, ${customer}`, ...motd, ...pageText(this.#loop.state)]);
    this.#forget();
    this.#prompt();
    this.#listen();
  }

  tell(fact: Fact): void {
    this.#send(fact);
  }

  suspend(): void {
    if (this.#suspended || this.#disposed) return;
    this.#send({ input: 'lent', lent: true });
    this.#suspended = true;
    this.#input.stop();
    this.#stopEnd?.();
    if (this.#prompted) this.#terminal.write(this.#end);
    this.#prompted = false;
    this.#editor.forget();
    this.#ahead.length = 0;
  }

  resume(): void {
    if (!this.#suspended || this.#disposed) return;
    this.#suspended = false;
    this.#loop.run({ input: 'lent', lent: false });
    this.#print([...this.#sayings(this.#loop.state), ...pageText(this.#loop.state)]);
    this.#forget();
    this.#prompt();
    this.#listen();
  }

  rest(): void {
    // It keeps nothing that could be made again.
  }

  dispose(): void {
    if (this.#disposed) return;
    if (!this.#suspended && this.#prompted) this.#terminal.write(this.#end);
    this.#disposed = true;
    this.#input.stop();
    this.#stopEnd?.();
  }

  #listen(): void {
    this.#input.start();
    this.#stopEnd =
      this.#terminal.onEnd?.(() => {
        this.#input.onceDrained(() => {
          this.#ended = true;
          this.#quitAtEnd();
        });
      }) ?? null;
  }

  /** At the end of input it still waits for pending answers, so that the customer can read them. */
  #quitAtEnd(): void {
    const isDone = this.#ahead.length === 0 && !isWaiting(this.#loop.state);
    if (this.#ended && isDone && !this.#loop.state.closing) this.#quit();
  }

  /**
   * A line waits for what was asked for before, because each is a request to a host. A person at a terminal may leave at
   * once; a program's `q` comes after what it asked for.
   */
  #mustWait(line: string): boolean {
    if (this.#echoes && leaves(line)) return false;
    return this.#ahead.length > 0 || this.#comesLater(line);
  }

  /** Whether something that was asked for comes before this line. */
  #comesLater(line: string): boolean {
    const { state } = this.#loop;
    return leaves(line) ? isReading(state) : state.printing;
  }

  #keep(line: string): void {
    if (this.#ahead.length < MOST_AHEAD) this.#ahead.push(line);
    else this.#print([PRINTS_ALREADY]);
    if (this.#echoes) this.#prompt();
  }

  /** Takes the lines that were typed ahead, as far as they need not wait. */
  #takeAhead(): void {
    for (let [line] = this.#ahead; line !== undefined; [line] = this.#ahead) {
      if (this.#loop.state.closing || this.#disposed || this.#comesLater(line)) return;
      this.#ahead.shift();
      if (this.#echoes) this.#terminal.write(this.#showable(line) + this.#end);
      this.#prompted = false;
      this.#enter(line);
    }
  }

  /** A line that is typed behind others that wait is not shown: nobody knows yet what it will be. */
  #shownLine(line: string): string {
    return this.#ahead.length > 0 ? '' : this.#showable(line);
  }

  /** A pasted private key is never echoed: a key is shown only while it can be a public one. */
  #showable(line: string): string {
    const page = currentPage(this.#loop.state);
    if (this.#loop.state.dialog === null && page.page === 'add-key' && (page.discarding || !canBeShown(line)))
      return '';
    return printable(line, this.#loop.state.preferences.charset);
  }

  #enter(line: string): void {
    const before = this.#loop.state;
    const performed = this.#performed;
    const chosen = messageOf(before, line);
    const path = chosen === null ? typedPath(before, line) : null;
    const message = chosen ?? this.#walk(path);
    if (chosen !== null) this.#loop.run(chosen);
    if (this.#suspended || this.#disposed || this.#loop.state.closing) return;
    const { dialog } = this.#loop.state;
    const moved = placeOf(before) !== placeOf(this.#loop.state);
    // On a log's page an empty line asks for older lines.
    const isEmpty = line.trim() === '' && currentPage(before).page !== 'log';
    const asked = dialog === null && (isEmpty || path?.messages.length === 0);
    const sayings = this.#sayings(this.#loop.state);
    const idle = performed === this.#performed && !moved && sayings.length === 0 && !asked;
    if (isTyped(dialog) && dialog.wrong) this.#print([wrongWord(dialog)]);
    else if (before.dialog !== null && dialog === null && isNo(message)) this.#print([PLAIN.no]);
    else if (idle && !isLine(message))
      this.#print([byCommandOnly(line, before.escape.name) ?? PLAIN.notThere]);
    this.#print(sayings);
    this.#forget();
    // The answer to a choice on this page is there already.
    const changed = before.notices !== this.#loop.state.notices;
    if (moved || asked || (changed && currentPage(this.#loop.state).page === 'notices'))
      this.#print(pageText(this.#loop.state));
    this.#prompt();
  }

  /** Makes the choices of a typed line. @returns the last of them; null when there was none */
  #walk(path: TypedPath | null): Message | null {
    let last: Message | null = null;
    for (const message of path?.messages ?? []) {
      this.#loop.run(message);
      last = message;
    }
    if (path === null || path.rest === '') return last;
    // The page has its facts by now, or shows them when they come.
    const further = typedPath(this.#loop.state, path.rest, true);
    return further?.rest === path.rest ? last : (this.#walk(further) ?? last);
  }

  /** @returns what Tab adds to the line */
  #complete(line: string, again: boolean): string {
    let next = nextWords(this.#loop.state, line);
    if (next !== null && next.asks !== null) {
      this.#perform(next.asks);
      next = nextWords(this.#loop.state, line);
    }
    if (next === null || this.#suspended || this.#disposed) return '';
    const more = completion(line, next.words);
    if (more === '' && again) this.#say(wordList(next.words, this.#loop.state));
    return more;
  }

  #quit(): void {
    if (this.#suspended || this.#disposed) return;
    if (this.#prompted) this.#terminal.write(this.#end);
    this.#prompted = false;
    this.#editor.forget();
    this.#loop.state = {
      ...this.#loop.state,
      dialog: null,
      calling: null,
      pages: this.#loop.state.pages.slice(0, 1),
    };
    this.#send({ input: 'key', key: 'interrupt' });
  }

  #send(message: Message): void {
    if (this.#disposed) return;
    const before = this.#loop.state;
    if (!this.#loop.run(message)) return;
    if (this.#suspended || this.#loop.state.lent) return;
    this.#say([
      ...(isAccepted(message) ? [acceptedSentence(message.action, message.domain)] : []),
      ...newsText(before, this.#loop.state),
      ...this.#sayings(this.#loop.state),
      ...(hasArrived(before, this.#loop.state) ? pageText(this.#loop.state) : []),
      ...(isPrinted(message) ? message.lines : []),
    ]);
    this.#takeAhead();
    this.#quitAtEnd();
  }

  /** Prints lines while the customer types, then repeats the prompt with the typed text. */
  #say(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#forget();
    if (this.#prompted) this.#terminal.write(this.#end);
    this.#print(lines);
    this.#prompt();
  }

  #sayings(state: MenuState): string[] {
    return [state.problem, state.notice].filter((text) => text !== null);
  }

  /** The printed lines stay on the screen, so the state need not keep them. */
  #forget(): void {
    this.#loop.state = { ...this.#loop.state, problem: null, notice: null };
  }

  #print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const { charset } = this.#loop.state.preferences;
    this.#terminal.write(lines.map((line) => printable(line, charset).trimEnd() + this.#end).join(''));
    this.#prompted = false;
  }

  #prompt(): void {
    if (this.#loop.state.closing || this.#disposed || this.#suspended) return;
    const { charset } = this.#loop.state.preferences;
    this.#terminal.write(printable(promptText(this.#loop.state), charset) + this.#editor.again());
    this.#prompted = true;
  }
}

function isPrinted(message: Message): message is Extract<Fact, { fact: 'printed' }> {
  return 'fact' in message && message.fact === 'printed';
}

function isAccepted(message: Message): message is Extract<Fact, { fact: 'accepted' }> {
  return 'fact' in message && message.fact === 'accepted';
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
