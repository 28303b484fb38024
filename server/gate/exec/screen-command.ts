import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainName } from '../../../policy/names.js';
import type { ScreenView } from '../../wire/screen.js';
import type { Authorizer, DemandedPermit } from '../access/authorize.js';
import type { Attachments } from '../access/live-attachments.js';
import type { Hosts } from '../hosts/hosts.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import type { Identity } from '../session/identity.js';
import * as words from '../text/words.js';
import * as say from '../text/screen-words.js';
import type { Command } from './command.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT } from './exit-status.js';

type Wanted = Extract<Command, { command: 'screen' }>;

interface ScreenCommandParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: Pick<OperationDispatcher, 'recordEnd'>;
  readonly liveAttachments: Attachments;
}

type ScreenOutput = Pick<ExecOutput, 'json' | 'lines' | 'say'>;

/** `NAME screen`: one look at a console, as text. It needs the right to watch, and is recorded like a look. */
export class ScreenCommand {
  readonly #parts: ScreenCommandParts;
  readonly #identity: Identity;
  readonly #output: ScreenOutput;
  readonly #clock: () => Date;

  constructor(
    parts: ScreenCommandParts,
    identity: Identity,
    output: ScreenOutput,
    clock: () => Date = () => new Date(),
  ) {
    this.#parts = parts;
    this.#identity = identity;
    this.#output = output;
    this.#clock = clock;
  }

  /** @returns the exit status */
  async run({ domain: asked, json }: Wanted): Promise<number | Refusal> {
    const { authorizer, hosts, operations, liveAttachments } = this.#parts;
    const action = 'watch';
    const permit = authorizer.authorize(this.#identity, { action, domain: asked, profile: null });
    if (isRefusal(permit)) return permit;
    const demanded = permit.consume(action);
    const { domain, identity } = demanded;
    const { customer, source } = identity;
    const leave = liveAttachments.enter({
      operation: demanded.operation,
      customer,
      source,
      domain,
      action: () => action,
    });
    const found = hosts.reach(domain);
    const read = isRefusal(found) ? found : await found.host.screen.read(demanded);
    leave();
    const screen = this.#lost(demanded) ?? read;
    if (isRefusal(screen)) {
      operations.recordEnd(demanded, 'refused', screen.code, screen.detail);
      return screen;
    }
    operations.recordEnd(demanded, 'done', null, 'the screen as text');
    this.#show(domain, screen, json);
    return EXIT.done;
  }

  /** Why the screen may not be shown any more: the right went, or began anew, while the host answered. */
  #lost({ identity, action, domain, since }: DemandedPermit): Refusal | null {
    const verdict = this.#parts.authorizer.verdictNow(identity, { action, domain, profile: null });
    if (!verdict.allow) return verdict.refusal;
    return verdict.since === since ? null : words.noSuchDomain('the role began anew meanwhile');
  }

  #show(domain: DomainName, screen: ScreenView, json: boolean): void {
    const now = this.#clock().getTime();
    if (json) {
      this.#output.json({ domain, ...screenObject(screen, now) });
      return;
    }
    for (const sentence of say.screen(domain, screen)) this.#output.say(sentence);
    const last = screen.lines.findLastIndex((line) => line !== '');
    this.#output.lines(screen.lines.slice(0, last + 1));
  }
}

/** A screen as `--json` shows it: one line for each row. */
function screenObject(screen: ScreenView, now: number): object {
  const { state, console, boot, outputAt, cols, rows, cursor, alternate, lines } = screen;
  const age = outputAt === null ? null : Math.max(0, Math.round((now - Date.parse(outputAt)) / 1000));
  return { state, console, boot, outputAt, outputAgeSeconds: age, cols, rows, cursor, alternate, lines };
}
