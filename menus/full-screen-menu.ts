import { BlessedScreen } from './blessed-screen.js';
import { AnsiPainter, enterScreen, leaveScreen } from './frame-ansi.js';
import { KeyInput } from './key-input.js';
import type { Token } from './key-tokens.js';
import { MenuLoop } from './menu-loop.js';
import { PasteBursts } from './paste-bursts.js';
import type { Fact, MenuStart, MenuTerminal, OpenMenu, Perform } from './port.js';
import { initialState } from './state.js';
import type { MenuState } from './state.js';
import type { Message } from './update.js';
import { view } from './view.js';

/** Milliseconds. A window that is dragged reports every size on the way. */
const RESIZE_MS = 30;

/** Opens the full-screen menu. The first screen is on the terminal when this returns. */
export function openFullScreenMenu(terminal: MenuTerminal, start: MenuStart, perform: Perform): OpenMenu {
  const menu = new FullScreenMenu(terminal, start, perform);
  menu.open();
  return menu;
}

class FullScreenMenu implements OpenMenu {
  readonly #terminal: MenuTerminal;
  readonly #input: KeyInput;
  readonly #bursts = new PasteBursts();
  readonly #loop: MenuLoop;
  /**
   * Plain until the first key, then blessed. A new one starts each time the terminal comes back, and after a
   * rest.
   */
  #painter: AnsiPainter | BlessedScreen;
  /** The state that is on the terminal. */
  #painted: MenuState;
  #resting = false;
  #suspended = false;
  #disposed = false;
  #stopResize: (() => void) | null = null;
  #resize: NodeJS.Timeout | null = null;

  constructor(terminal: MenuTerminal, start: MenuStart, perform: Perform) {
    this.#terminal = terminal;
    this.#loop = new MenuLoop(initialState(start), perform);
    this.#painted = this.#loop.state;
    this.#painter = new AnsiPainter(terminal.term);
    this.#input = new KeyInput(terminal, (tokens) => {
      this.#take(tokens);
    });
  }

  open(): void {
    this.#stopResize = this.#terminal.onResize(() => {
      this.#resize ??= setTimeout(() => {
        if (this.#terminal.inTurn === undefined) this.#resized();
        else
          this.#terminal.inTurn(() => {
            this.#resized();
          });
      }, RESIZE_MS);
    });
    this.#enter();
  }

  tell(fact: Fact): void {
    this.#send(fact);
  }

  suspend(): void {
    if (this.#suspended || this.#disposed) return;
    this.#suspended = true;
    this.#input.stop();
    this.#send({ input: 'lent', lent: true });
    this.#terminal.write(leaveScreen(this.#terminal.term));
  }

  resume(): void {
    if (!this.#suspended || this.#disposed) return;
    this.#suspended = false;
    this.#painter = new AnsiPainter(this.#terminal.term);
    // Painting starts with the whole screen; changes made meanwhile are in the state.
    const { columns, rows } = this.#terminal;
    this.#loop.run({ fact: 'size', columns, rows }, { input: 'lent', lent: false });
    this.#enter();
  }

  /** Keeps the screen as the state that it shows: a screen's cells take most of the memory. */
  rest(): void {
    if (!this.#holds() || this.#resting) return;
    this.#resting = true;
    this.#painter = new AnsiPainter(this.#terminal.term);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#input.stop();
    this.#stopResize?.();
    if (this.#resize !== null) clearTimeout(this.#resize);
    if (!this.#suspended) this.#terminal.write(leaveScreen(this.#terminal.term));
  }

  /** Whether the terminal belongs to this menu now. */
  #holds(): boolean {
    return !this.#suspended && !this.#disposed;
  }

  #resized(): void {
    this.#resize = null;
    this.tell({ fact: 'size', columns: this.#terminal.columns, rows: this.#terminal.rows });
  }

  #enter(): void {
    this.#resting = false;
    this.#painted = this.#loop.state;
    this.#terminal.write(enterScreen(this.#terminal.term) + this.#painter.paint(view(this.#painted)));
    this.#input.start();
  }

  #take(tokens: readonly Token[]): void {
    for (const token of this.#bursts.take(tokens)) {
      if (!this.#holds()) return;
      if (token.token === 'paste') this.#loop.run({ input: 'paste', text: token.text });
      else if (token.token === 'burst') {
        const { text, isLine } = token;
        this.#loop.run({ input: 'burst', text, isLine });
      } else {
        const key = this.#blessed().key(token.bytes);
        if (key !== null) this.#loop.run({ input: 'key', key });
      }
    }
    this.#paint();
  }

  #blessed(): BlessedScreen {
    this.#wake();
    if (this.#painter instanceof BlessedScreen) return this.#painter;
    const shown = this.#painter.shown ?? view(this.#loop.state);
    this.#painter = new BlessedScreen(this.#terminal.term, shown);
    return this.#painter;
  }

  /** Ends a rest. */
  #wake(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#painter = new AnsiPainter(this.#terminal.term, view(this.#painted));
  }

  #send(message: Message): void {
    if (this.#disposed) return;
    if (this.#loop.run(message)) this.#paint();
  }

  #paint(): void {
    if (!this.#holds()) return;
    if (this.#painted === this.#loop.state) return;
    const isResting = this.#resting;
    this.#wake();
    this.#painted = this.#loop.state;
    const output = this.#painter.paint(view(this.#painted));
    if (output !== '') this.#terminal.write(output);
    // Only a key ends a rest: what the menu is told would else make every screen stay.
    if (isResting) this.rest();
  }
}
