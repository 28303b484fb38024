import { BlessedScreen } from '../../../menus/blessed-screen.js';
import { enterScreen, leaveScreen, AnsiPainter } from '../../../menus/frame-ansi.js';
import { KeyInput } from '../../../menus/key-input.js';
import type { LiveConsole, LiveView } from '../../gate/control/session-answers.js';
import { withEndingSignals } from '../command/ending-signals.js';
import type { AdminTerminal } from '../console/admin-attachment.js';
import { heard, pressed, settled, startState } from './top-state.js';
import type { TopEffect, TopState } from './top-state.js';
import { topView } from './top-view.js';

/** Milliseconds between two questions. */
const EVERY_MS = 2_000;

export interface TopParts {
  readonly terminal: AdminTerminal;
  readonly charset: 'utf-8' | 'ascii';
  /** @throws Error with a sentence when the gate does not answer */
  live(): Promise<LiveView>;
  /** Ends a session. @throws Error with a sentence when it is refused */
  end(session: string, reason: string | null): Promise<void>;
  /** Has the terminal until the admin leaves the console. @throws Error with a sentence */
  watch(console: LiveConsole): Promise<void>;
}

/** The live view on a terminal, from its first screen until the admin leaves. */
export class TopScreen {
  readonly #parts: TopParts;
  readonly #input: KeyInput;
  #state: TopState;
  #painter: BlessedScreen | null = null;
  #isLent = false;
  #isOver = false;
  #timer: NodeJS.Timeout | null = null;
  #finish: () => void = () => undefined;

  constructor(parts: TopParts) {
    this.#parts = parts;
    const { input } = parts.terminal;
    this.#state = startState(...this.#size(), Date.now());
    this.#input = new KeyInput(
      {
        onInput: (listener) => {
          input.on('data', listener);
          input.resume();
          return () => {
            input.off('data', listener);
            input.pause();
          };
        },
      },
      (tokens) => {
        for (const token of tokens) {
          if (this.#isLent || this.#isOver) return;
          // What is pasted is text, and text is only wanted where something is typed.
          if (token.token === 'key') this.#press(this.#painter?.key(token.bytes) ?? null);
          else if (this.#state.typing !== null)
            for (const letter of token.text) if (letter >= ' ' && letter !== '\x7f') this.#press(letter);
        }
      },
    );
  }

  /** Resolves when the admin has left, and the terminal is as it was. */
  async run(): Promise<void> {
    const { input, output } = this.#parts.terminal;
    const left = new Promise<void>((resolve) => (this.#finish = resolve));
    const resized = (): void => {
      const [columns, rows] = this.#size();
      this.#change(settled({ ...this.#state, columns, rows }));
    };
    const end = (): void => {
      this.#finish();
    };
    await withEndingSignals(end, async () => {
      output.on('resize', resized);
      input.on('end', end);
      this.#enter();
      void this.#ask();
      try {
        await left;
      } finally {
        this.#isOver = true;
        if (this.#timer !== null) clearTimeout(this.#timer);
        output.off('resize', resized);
        input.off('end', end);
        // A console that has the terminal puts it right itself.
        if (!this.#isLent) this.#leave();
      }
    });
  }

  #size(): [columns: number, rows: number] {
    const { columns = 80, rows = 24 } = this.#parts.terminal.output;
    return [Math.max(1, columns), Math.max(1, rows)];
  }

  #enter(): void {
    const { input, output, term } = this.#parts.terminal;
    input.setRawMode?.(true);
    const frame = this.#frame();
    output.write(enterScreen(term) + new AnsiPainter(term).paint(frame));
    this.#painter = new BlessedScreen(term, frame);
    this.#input.start();
  }

  #leave(): void {
    const { input, output, term } = this.#parts.terminal;
    this.#input.stop();
    this.#painter = null;
    output.write(leaveScreen(term));
    input.setRawMode?.(false);
    input.pause();
  }

  #frame(): ReturnType<typeof topView> {
    const { term } = this.#parts.terminal;
    return topView(this.#state, { charset: this.#parts.charset, colour: !term.startsWith('vt') });
  }

  #change(state: TopState): void {
    this.#state = state;
    if (this.#isLent || this.#isOver || this.#painter === null) return;
    const painted = this.#painter.paint(this.#frame());
    if (painted !== '') this.#parts.terminal.output.write(painted);
  }

  #press(key: string | null): void {
    if (key === null) return;
    const { state, effect } = pressed(this.#state, key);
    this.#change(state);
    if (effect !== null) void this.#perform(effect);
  }

  async #perform(effect: TopEffect): Promise<void> {
    try {
      switch (effect.effect) {
        case 'quit':
          this.#finish();
          return;
        case 'end':
          await this.#parts.end(effect.session, effect.reason);
          this.#say(`session ${effect.session} is ended`);
          await this.#look();
          return;
        case 'watch':
          await this.#lend(effect.console);
      }
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  /** Gives the terminal to a console, and takes it back. */
  async #lend(console: LiveConsole): Promise<void> {
    this.#leave();
    this.#isLent = true;
    try {
      await this.#parts.watch(console);
    } finally {
      this.#isLent = false;
      if (!this.#isOver) {
        const [columns, rows] = this.#size();
        this.#state = settled({ ...this.#state, columns, rows });
        this.#enter();
      }
    }
  }

  #say(message: string): void {
    this.#change({ ...this.#state, message });
  }

  /** Asks now, and again in two seconds. */
  async #ask(): Promise<void> {
    await this.#look();
    if (this.#isOver) return;
    this.#timer = setTimeout(() => void this.#ask(), EVERY_MS);
  }

  async #look(): Promise<void> {
    try {
      const view = await this.#parts.live();
      this.#change(heard(this.#state, view, Date.now()));
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      this.#change({ ...this.#state, now: Date.now(), trouble });
    }
  }
}
