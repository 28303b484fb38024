import type { Effect, Fact, Printed } from '../../../menus/port.js';
import type { Charset } from '../../../menus/printable-text.js';
import { isRefusal, shownRefusal } from '../../../policy/refusal.js';
import type { ConsoleParts } from '../console/console-attachment.js';
import type { OwnRecordings } from '../customer/own-recordings.js';
import type { OwnUsage } from '../customer/own-usage.js';
import { PIPE_COLUMNS, showGraph } from '../exec/graph-command.js';
import { recordingTable } from '../exec/recording-command.js';
import { ScreenCommand } from '../exec/screen-command.js';
import type { Identity } from '../session/identity.js';
import type { Terminal } from '../session/terminal.js';
import { blankScreen } from '../text/screen-words.js';

export interface MenuReportsParts {
  /** Null: nothing is recorded. */
  readonly ownUsage: OwnUsage | null;
  readonly ownRecordings: OwnRecordings;
  readonly console: Pick<ConsoleParts, 'authorizer' | 'hosts' | 'operations' | 'liveAttachments'>;
}

type ReportEffect = Extract<Effect, { effect: 'usage' | 'print' }>;

/** What a menu shows of a server beside its page, and what a menu of lines prints as a command by exec does. */
export class MenuReports {
  readonly #parts: MenuReportsParts;
  readonly #identity: Identity;
  readonly #terminal: Pick<Terminal, 'hasPty' | 'columns'>;
  readonly #charset: () => Charset;
  readonly #tell: (fact: Fact) => void;

  constructor(
    parts: MenuReportsParts,
    identity: Identity,
    terminal: Pick<Terminal, 'hasPty' | 'columns'>,
    charset: () => Charset,
    tell: (fact: Fact) => void,
  ) {
    this.#parts = parts;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#charset = charset;
    this.#tell = tell;
  }

  async perform(effect: ReportEffect): Promise<void> {
    if (effect.effect === 'usage') {
      const { domain } = effect;
      // A customer who may not see it is told nothing: the page says why.
      const graph = (await this.#parts.ownUsage?.graph(this.#identity, domain)) ?? null;
      this.#tell({ fact: 'usage', domain, graph });
      return;
    }
    let lines: readonly string[] = [];
    try {
      lines = await this.#lines(effect.printed);
    } finally {
      // The menu prints nothing else until it is told.
      this.#tell({ fact: 'printed', lines });
    }
  }

  /** @returns a refusal's sentence, when it is refused */
  async #lines(printed: Printed): Promise<readonly string[]> {
    const { ownUsage, ownRecordings, console } = this.#parts;
    const identity = this.#identity;
    if (printed.what === 'recordings') return recordingTable(await ownRecordings.list(identity));
    const { what: command, domain } = printed;
    const output = new CollectedOutput();
    const wanted = { domain, json: false };
    const { hasPty, columns } = this.#terminal;
    const shape = { columns: hasPty ? columns : PIPE_COLUMNS, charset: this.#charset() };
    const done =
      command === 'screen'
        ? await new ScreenCommand(console, identity, output).run({ ...wanted, command })
        : await showGraph({ ...wanted, command }, { ...console, ownUsage }, identity, output, shape);
    if (isRefusal(done)) return [shownRefusal(done)];
    return output.all.length === 0 ? [blankScreen(domain)] : output.all;
  }
}

/** Takes what a command prints for people, in the order in which it is printed. */
class CollectedOutput {
  readonly all: string[] = [];

  line(text: string): void {
    this.all.push(text);
  }

  lines(text: readonly string[]): void {
    this.all.push(...text);
  }

  say(text: string): void {
    this.all.push(text);
  }

  json(): void {
    // A menu asks for no JSON.
  }
}
