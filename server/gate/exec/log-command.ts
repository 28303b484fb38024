import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { LogAccess } from '../console-log/log-access.js';
import type { LogAccessParts } from '../console-log/log-access.js';
import type { OpenedLog } from '../console-log/opened-log.js';
import type { JoinedLog } from '../console-log/joined-log.js';
import type { LogHead } from '../hosts/log-answer.js';
import { arrivedLog, resumeLog } from '../console-log/log-resumption.js';
import * as say from '../console-log/log-words.js';
import { terminalReset } from '../session/terminal-reset.js';
import type { LogRequest } from '../hosts/host-log.js';
import type { LogStream } from '../hosts/log-stream.js';
import type { Identity } from '../session/identity.js';
import type { Revocation, Tracked } from '../access/revocation.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';
import * as words from '../text/words.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT, exitStatus } from './exit-status.js';
import { JsonPrinter, RawPrinter, TextPrinter } from './log-printer.js';
import type { LogPrinter } from './log-printer.js';
import { LogPump } from './log-pump.js';
import { headOf, openStretches, stretchesOf } from './log-stretches.js';
import type { OpenStretch } from './log-stretches.js';
import { isUsual, missing, requestOf, unfit, USUAL_LINES } from './wanted-log.js';
import type { WantedLog } from './wanted-log.js';

interface LogCommandParts extends LogAccessParts {
  readonly revocation: Pick<Revocation, 'track'>;
  readonly turns: CustomerTurns;
}

/** Ctrl-C and Ctrl-D: from a terminal they come as bytes. */
const ENOUGH = /[\u0003\u0004]/;

/** Why the command ended before the log did. */
interface Cut {
  readonly status: number;
  /** Null when nobody is there to hear it. */
  readonly sentence: string | null;
}

/** `NAME log`: writes as much of the log as was asked for, as fast as the client takes it. */
export class LogCommand {
  readonly #parts: LogCommandParts;
  readonly #access: LogAccess;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #output: ExecOutput;
  /** The log that is read now. */
  #opened: OpenedLog | null = null;
  readonly #pump: LogPump;
  readonly #streamsOpen = new Set<LogStream>();
  #tracked: Tracked | null = null;
  #cut: Cut | null = null;
  /** Called at news of the hosts, and at the end. */
  #heard: () => void = () => undefined;

  constructor(parts: LogCommandParts, identity: Identity, terminal: Terminal, output: ExecOutput) {
    this.#parts = parts;
    this.#access = new LogAccess(parts);
    this.#identity = identity;
    this.#terminal = terminal;
    this.#output = output;
    this.#pump = new LogPump({
      turns: parts.turns,
      customer: identity.customer,
      canAct: () => this.#tracked?.canAct() !== false,
      isCut: () => this.#cut !== null,
    });
  }

  /** @returns the exit status */
  async run(wanted: WantedLog): Promise<number | Refusal> {
    const opened = this.#access.open(this.#identity, wanted.domain);
    if (isRefusal(opened)) return opened;
    // Watch before the host is asked: the right may go while it answers.
    const stops = this.#watch(opened, wanted);
    const ending = await this.#read(opened, wanted);
    for (const stop of stops) stop();
    return ending;
  }

  /** Ends it from outside; the sentence is for the customer. */
  end(sentence: string): void {
    this.#stop({ status: EXIT.failed, sentence });
  }

  async #read(opened: OpenedLog, wanted: WantedLog): Promise<number | Refusal> {
    const request = requestOf(wanted);
    const joined = unfit(opened, wanted) ?? (await this.#joined(opened, request));
    if (isRefusal(joined)) return this.#access.refuse(opened, joined);
    const stretches = stretchesOf(joined, request);
    if (stretches === null) return this.#access.refuse(opened, say.noSuchBoot(opened.demanded.domain));
    const streams = await openStretches(opened.demanded, stretches, request, (stream) => {
      this.#streamsOpen.add(stream);
    });
    if (isRefusal(streams)) return this.#access.refuse(opened, streams);
    const [stream] = streams;
    const no =
      joined.parts.length > 1 || stream === undefined ? null : missing(opened, wanted, stream.stream);
    if (no !== null || this.#cut !== null) for (const each of streams) each.stream.close();
    if (no !== null) return this.#access.refuse(opened, no);
    const status =
      this.#cut === null ? await this.#show(opened, wanted, joined, streams, request) : EXIT.done;
    this.#access.close(opened);
    if (this.#cut === null) return status;
    if (this.#cut.sentence !== null) this.#output.say(this.#cut.sentence);
    return this.#cut.status;
  }

  /** The logs of all hosts as one. A host that keeps none on its disk has its own alone. */
  async #joined(opened: OpenedLog, { since = null }: LogRequest): Promise<JoinedLog | Refusal> {
    const { host } = opened;
    if (host.log.onDisk) return this.#access.joined(opened, since);
    return { parts: [{ host, uuid: null, from: 0, to: null, at: 0 }], boots: null, missing: [] };
  }

  async #show(
    opened: OpenedLog,
    wanted: WantedLog,
    joined: JoinedLog,
    streams: readonly OpenStretch[],
    request: LogRequest,
  ): Promise<number> {
    const { domain } = opened.demanded;
    const head = headOf(joined, request, streams);
    const said = wanted.json ? [] : [...say.head(domain, head), ...say.missingPart(domain, joined.missing)];
    for (const sentence of said) this.#output.say(sentence);
    const printer = this.#printer(opened, wanted, head);
    let lost = false;
    for (const [index, { host, stream }] of streams.entries()) {
      if (this.#cut !== null) stream.close();
      if (this.#cut !== null || lost) continue;
      if (index > 0) {
        printer.rest();
        if (!wanted.json) this.#output.say(say.moved(domain, host));
      }
      const isLast = index === streams.length - 1;
      lost = await this.#pump.print(stream, printer, wanted.follow && isLast, request.lines ?? null);
    }
    lost = await this.#followed(opened, wanted, printer, lost);
    printer.end();
    if (wanted.raw && this.#terminal.hasPty) this.#terminal.write(terminalReset(this.#terminal.term));
    if (lost) this.#stop(hostLost(opened));
    else if (wanted.follow) this.#stop({ status: EXIT.failed, sentence: say.over(domain) });
    if (isUsual(wanted) && printer instanceof TextPrinter && printer.lines >= USUAL_LINES)
      this.#output.say(say.longer(USUAL_LINES));
    return EXIT.done;
  }

  /**
   * Goes on with the log of the host that the domain has moved to, for as long as it moves; and with that of a host
   * that was lost, when it answers again.
   *
   * @param lost whether the host of the log so far was lost
   * @returns the same for the last host
   */
  async #followed(from: OpenedLog, wanted: WantedLog, printer: LogPrinter, lost: boolean): Promise<boolean> {
    if (!wanted.follow) return lost;
    const opened = await arrivedLog(from, {
      access: this.#access,
      isOver: () => this.#cut !== null,
      waiting: (wake) => {
        this.#heard = wake;
      },
    });
    if (opened === null) {
      const { position } = this.#pump;
      if (!lost || position === null || this.#cut !== null) return lost;
      printer.rest();
      this.#output.say(say.waits(from.demanded.domain));
      const resumed = await this.#resume(from, position);
      if (resumed !== null) {
        this.#output.say(say.goesOn(from.demanded.domain));
        lost = await this.#pump.print(resumed, printer, true, null);
      } else if (this.#isOver()) return lost;
      return this.#followed(from, wanted, printer, lost);
    }
    printer.rest();
    if (!wanted.json) this.#output.say(say.moved(opened.demanded.domain, opened.host.name));
    this.#opened = opened;
    // The boot that came with it begins in this log where the domain arrived.
    const request = { boot: 0, follow: true };
    const stream = await opened.host.log.open(opened.demanded, request);
    if (isRefusal(stream)) return true;
    lost = await this.#pump.print(stream, printer, true, null);
    return this.#followed(opened, wanted, printer, lost);
  }

  /** @returns null when it is over, or when the domain is elsewhere now */
  async #resume(from: OpenedLog, position: number): Promise<LogStream | null> {
    const { demanded, host } = from;
    const ask = async (): Promise<LogStream | Refusal> => {
      const stream = await host.log.open(demanded, { from: position, follow: true });
      if (isRefusal(stream) || stream.head?.place === 'disk') return stream;
      stream.close();
      return say.inMemory(demanded.domain);
    };
    const resumed = await resumeLog(from, ask, {
      access: this.#access,
      isOver: () => this.#isOver(),
      waiting: (wake) => {
        this.#pump.waits(wake);
      },
    });
    if (resumed === null) return null;
    if (isRefusal(resumed)) this.#stop({ status: exitStatus(resumed.code), sentence: resumed.message });
    else if (this.#isOver()) resumed.close();
    else return resumed;
    return null;
  }

  /** Whether the command has ended, or the right to it has gone, which its end follows. */
  #isOver(): boolean {
    return this.#cut !== null || this.#tracked?.canAct() === false;
  }

  /** Ends the command with the client, the right, the host or a Ctrl-C, whichever comes first. */
  #watch(opened: OpenedLog, { follow }: WantedLog): Unsubscribe[] {
    const { demanded } = opened;
    const { identity, domain } = demanded;
    this.#opened = opened;
    const terminal = this.#terminal;
    const tracked = this.#parts.revocation.track({
      identity,
      needs: () => ({ action: 'log', domain }),
      end: (sentence) => {
        this.end(sentence);
      },
    });
    this.#tracked = tracked;
    const stops = [
      () => {
        tracked.forget();
      },
      this.#access.onNews(opened, () => {
        this.#review(follow);
      }),
      terminal.onDrain(() => {
        this.#pump.wake();
      }),
      terminal.onClose(() => {
        this.#stop({ status: EXIT.failed, sentence: null });
      }),
    ];
    if (!terminal.hasPty) return stops;
    const enough = terminal.onInput((data) => {
      if (ENOUGH.test(data.toString('latin1'))) this.#stop({ status: EXIT.done, sentence: null });
    });
    return [...stops, enough];
  }

  /** Ends the stream of a host that is lost, or that the domain has left. */
  #review(follow: boolean): void {
    const opened = this.#opened;
    if (opened === null) return;
    const canWait = follow && this.#pump.position !== null;
    if (follow && (this.#access.moved(opened) !== null || this.#access.isAway(opened))) {
      if (!opened.host.reachable || this.#access.moved(opened) !== null) this.#pump.close();
    } else if (!opened.host.reachable) {
      if (canWait) this.#pump.close();
      else this.#stop(hostLost(opened));
    }
    this.#heard();
  }

  #printer({ demanded }: OpenedLog, { raw, json }: WantedLog, head: LogHead | null): LogPrinter {
    if (raw) return new RawPrinter(this.#terminal);
    if (!json) return new TextPrinter(this.#output);
    const { domain, since } = demanded;
    const { keeping = true, switchedAt = null, place = 'memory', boot = null } = head ?? {};
    return new JsonPrinter(this.#output, { domain, since, keeping, switchedAt, place, boot });
  }

  #stop(cut: Cut): void {
    this.#cut ??= cut;
    for (const stream of this.#streamsOpen) stream.close();
    this.#pump.close();
    this.#pump.wake();
    this.#heard();
  }
}

function hostLost({ demanded }: OpenedLog): Cut {
  const { message } = words.hostUnreachable(demanded.domain, '');
  return { status: EXIT.hostUnreachable, sentence: message };
}
