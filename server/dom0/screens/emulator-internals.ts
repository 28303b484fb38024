import xterm from '@xterm/headless';
import type { IBufferCell, Terminal } from '@xterm/headless';

/** How a character looks. */
export type Rendition = Pick<
  IBufferCell,
  | 'isBold'
  | 'isDim'
  | 'isItalic'
  | 'isUnderline'
  | 'isBlink'
  | 'isInverse'
  | 'isInvisible'
  | 'isStrikethrough'
  | 'isOverline'
  | 'isFgRGB'
  | 'isFgPalette'
  | 'getFgColor'
  | 'getFgColorMode'
  | 'isBgRGB'
  | 'isBgPalette'
  | 'isBgDefault'
  | 'getBgColor'
  | 'getBgColorMode'
> & {
  /** The emulator's public API has none of these. */
  readonly isProtected?: () => number;
  readonly getUnderlineStyle?: () => number;
  readonly extended?: { readonly underlineColor: number };
};

/** A character set, by the emulator's own table; undefined is ASCII. */
type Charset = Readonly<Record<string, string | undefined>> | undefined;

/** One of the emulator's two screens. */
export interface InternalBuffer {
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: Rendition;
  readonly savedCharset: Charset;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
}

/** State of the emulator that its API does not show (@xterm/headless 6.0, pinned). */
export interface EmulatorInternals {
  readonly buffers: { readonly normal: InternalBuffer; readonly alt: InternalBuffer };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly decPrivateModes: { readonly cursorStyle?: string; readonly cursorBlink?: boolean };
  };
  readonly coreMouseService: { readonly activeEncoding: string };
  readonly _charsetService: {
    readonly glevel: number;
    readonly charset: Charset;
    readonly _charsets: readonly Charset[];
  };
  readonly _inputHandler: {
    readonly _curAttrData: Rendition;
    /** Acts at once, where `write` waits for a turn. */
    parse(data: string): void;
    readonly _parser: {
      /** 0: between two sequences. */
      readonly currentState: number;
      /** 0: the last byte was no character, so nothing can combine with it or repeat it. */
      readonly precedingJoinState: number;
      registerCsiHandler(
        id: { readonly intermediates?: string; readonly final: string },
        handler: (params: { readonly params: Int32Array; readonly length: number }) => boolean,
      ): unknown;
    };
  };
}

export function internalsOf(terminal: Terminal): EmulatorInternals {
  return (terminal as unknown as { readonly _core: EmulatorInternals })._core;
}

/** The letters after ESC ( that designate each of the emulator's character sets. (xterm's ctlseqs) */
const LETTERS = '0A45RQKYE6ZH7=';

const letters = new Map<Charset, string>();

/** @returns the letter that designates this character set */
export function letterOf(charset: Charset): string {
  if (charset === undefined) return 'B';
  if (letters.size === 0) learn();
  return letters.get(charset) ?? 'B';
}

/** The emulator has one table for each set, shared by all its terminals. */
function learn(): void {
  const terminal = new xterm.Terminal({ cols: 2, rows: 1, scrollback: 0, allowProposedApi: true });
  const { _inputHandler, _charsetService } = internalsOf(terminal);
  for (const letter of LETTERS) {
    _inputHandler.parse(`\x1b(${letter}`);
    const { charset } = _charsetService;
    if (!letters.has(charset)) letters.set(charset, letter);
  }
  terminal.dispose();
}
