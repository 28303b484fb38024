import { erasedSentence, imageTooLarge, RESCUE_INSTEAD } from '../../../menus/operation-words.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { parseDomainName, parseImageName } from '../../../policy/names.js';
import type { DomainName } from '../../../policy/names.js';
import { imageBytes } from '../../wire/image-size.js';
import type { OperationStep, OperationView } from '../../wire/operation.js';
import type { Authorizer } from '../access/authorize.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Identity } from '../session/identity.js';
import type { OperationEnd } from '../operations/open-operations.js';
import type { OperationDispatcher, Started } from '../operations/operation-dispatcher.js';
import type { Revocation } from '../access/revocation.js';
import type { Terminal } from '../session/terminal.js';
import { rescueLasts } from '../../../menus/rescue-words.js';
import * as words from '../text/words.js';
import * as operationWords from '../text/operation-words.js';
import { asSentence } from '../text/sentence.js';
import type { Command } from './command.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT } from './exit-status.js';
import { readText } from './line-reader.js';

type Wanted = Extract<Command, { command: 'operate' }>;

interface Deps {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: OperationDispatcher;
  readonly revocation: Pick<Revocation, 'track'>;
  readonly console: ConsoleOfCommand;
}

/** The console of the command. */
interface ConsoleOfCommand {
  /**
   * Goes to the console, until the customer leaves it. @param fromBoot whether it begins with the running
   * boot's first byte @returns the exit status
   */
  open(domain: DomainName, fromBoot: boolean): Promise<number | Refusal>;
  /** Ends it, if there is one; the sentence is for the customer. */
  end(sentence: string): void;
}

/** The steps at which the console of what boots can be shown. */
const BOOTING: readonly OperationStep[] = ['attaching-console', 'unpausing'];

/** Verbs that can lose data are confirmed first. */
const DESTRUCTIVE: readonly Wanted['verb'][] = ['poweroff', 'rescue', 'reinstall'];

/** Milliseconds between two lines about how far a disk is written. */
const PROGRESS_EVERY = 5_000;

/** `NAME start`, `shutdown`, `reboot`, `poweroff`, `rescue`, `normal`, `reinstall`. */
export class OperateCommand {
  readonly #deps: Deps;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #output: ExecOutput;

  constructor(deps: Deps, identity: Identity, terminal: Terminal, output: ExecOutput) {
    this.#deps = deps;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#output = output;
  }

  /** @returns the exit status */
  async run(wanted: Wanted): Promise<number | Refusal> {
    const { verb, domain, profile, choice, forSeconds, json, wait } = wanted;
    const no = (wanted.console ? this.#refusesConsole(domain) : null) ?? (await this.#confirm(wanted));
    if (no !== null) return no;
    const asked = { action: verb, domain, profile, choice, forSeconds };
    const started = await this.#deps.operations.operate(this.#identity, asked);
    if (isRefusal(started)) return started;
    const { operation, ended } = started;
    if (wanted.console) return this.#goToConsole(started);
    // The domain was like that already when the request came.
    const isSo = operation.phase === 'done';
    if (!wait || (isSo && !json)) {
      if (json) this.#output.json({ operation: operationObject(operation), ...lengthObject(started) });
      else this.#output.line(isSo ? operationWords.already(operation) : operationWords.begun(operation));
      if (!json && started.forSeconds !== null) this.#output.line(rescueLasts(started.forSeconds));
      return EXIT.done;
    }
    if (!json) this.#output.say(operationWords.begun(operation));
    if (!json && started.forSeconds !== null) this.#output.say(rescueLasts(started.forSeconds));
    const end = await this.#waitFor(operation, ended, json);
    return end === null ? EXIT.done : this.#tellEnd(operation, end, json);
  }

  /** Whether the console may not be opened. Asked before anything is done; a denial is recorded. */
  #refusesConsole(domain: string): Refusal | null {
    const { authorizer, hosts, operations } = this.#deps;
    const request = { action: 'console', domain, profile: null } as const;
    if (authorizer.check(this.#identity, request) === null) {
      const name = parseDomainName(domain);
      const view = name === undefined ? undefined : hosts.find(name)?.view;
      return view?.textConsole === false ? words.noTextConsole() : null;
    }
    const permit = authorizer.authorize(this.#identity, request);
    if (isRefusal(permit)) return permit;
    operations.recordEnd(permit.consume('console'), 'done', null, 'only asked for');
    return null;
  }

  /**
   * Opens the console as soon as it boots; for a reboot at once, to see it go down. Without a terminal it waits
   * for the end of the operation: the input may be over, and a guest that is still silent would then be left.
   */
  async #goToConsole({ operation, ended, forSeconds }: Started): Promise<number | Refusal> {
    const { domain, verb } = operation;
    // A client who has left meanwhile sees nothing.
    const open = async (fromBoot: boolean): Promise<number | Refusal> =>
      this.#terminal.isOpen ? this.#deps.console.open(domain, fromBoot) : EXIT.failed;
    const isSo = operation.phase === 'done';
    this.#output.say(isSo ? operationWords.already(operation) : operationWords.begun(operation));
    if (forSeconds !== null) this.#output.say(rescueLasts(forSeconds));
    const { hasPty } = this.#terminal;
    // A guest that did not go down has something to show to a person.
    if (isSo || (verb === 'reboot' && hasPty)) return open(false);
    const isEnough = ({ step }: OperationView): boolean => hasPty && BOOTING.includes(step);
    const end = await this.#waitFor(operation, ended, false, isEnough);
    if (end !== null && (typeof end === 'string' || end.outcome !== 'done'))
      return this.#tellEnd(operation, end, false);
    const left = open(true);
    void ended.then((then) => {
      if (then.outcome !== 'done') this.#deps.console.end(this.#sentenceOf(operation, then));
    });
    return left;
  }

  #sentenceOf({ domain }: OperationView, end: OperationEnd): string {
    return end.outcome === 'lost' ? words.outcomeLost(domain).message : operationWords.ended(end.operation);
  }

  async #confirm({ verb, domain, profile, yes, erase }: Wanted): Promise<Refusal | null> {
    const erases = verb === 'reinstall';
    if ((yes && !erases) || !DESTRUCTIVE.includes(verb)) return null;
    // A customer who may not see the domain is told so before any question about it.
    const seen = this.#deps.authorizer.authorize(this.#identity, {
      action: 'status',
      domain,
      profile: null,
    });
    if (isRefusal(seen)) return seen;
    const { domain: name } = seen.consume('status');
    if (erases) return this.#confirmErasing(name, profile, erase);
    if (!this.#terminal.hasPty) {
      return refusal(
        'needs-confirmation',
        `Say --yes to confirm: ${words.actionWord(verb)} of ${name} can lose data.`,
      );
    }
    this.#output.ask(
      `${asSentence(`${words.actionWord(verb)} of ${name} can lose data`)} Type its name to do it: `,
    );
    return (await readText(this.#terminal)) === name ? null : words.notConfirmed();
  }

  /** `--yes` is a habit of scripts, so it does not confirm what cannot be undone. */
  async #confirmErasing(
    name: DomainName,
    image: string | null,
    erase: string | undefined,
  ): Promise<Refusal | null> {
    // Rights and image are judged first: nobody types a name for nothing.
    const wrong = this.#deps.operations.mayReinstall(this.#identity, name, image);
    if (wrong !== null) return this.#recorded(name, image, wrong);
    const found = this.#deps.hosts.find(name);
    const offer = found?.host.contract?.images?.find((one) => one.name === image);
    const tooLarge = offer === undefined ? null : imageTooLarge(imageBytes(offer), found?.view.firstDisk);
    if (tooLarge !== null) return refusal('wrong-state', tooLarge);
    if (erase !== undefined) return erase === name ? null : words.notConfirmed();
    if (!this.#terminal.hasPty) return words.sayErase(name);
    const disk = found?.view.firstDisk ?? null;
    this.#output.say(erasedSentence(name, disk));
    this.#output.say(RESCUE_INSTEAD);
    this.#output.ask('Type its name to do it: ');
    return (await readText(this.#terminal)) === name ? null : words.notConfirmed();
  }

  /** Records that a reinstallation was denied, as it is of every other action. A wrong image is no denial. */
  #recorded(domain: DomainName, image: string | null, wrong: Refusal): Refusal {
    if (wrong.code === 'no-such-profile') return wrong;
    const { authorizer, operations } = this.#deps;
    const action = 'reinstall';
    const profile = parseImageName(image ?? '') ?? null;
    const permit = authorizer.authorize(this.#identity, { action, domain, profile });
    if (isRefusal(permit)) return permit;
    operations.recordEnd(permit.consume(action), 'refused', wrong.code, wrong.detail);
    return wrong;
  }

  /**
   * Tells the steps of an operation until its end. @param isEnough says at which step to wait no longer
   * @returns a sentence when the right went; null at that step
   */
  async #waitFor(
    operation: OperationView,
    ended: Promise<OperationEnd>,
    json: boolean,
    isEnough: (operation: OperationView) => boolean = () => false,
  ): Promise<OperationEnd | string | null> {
    if (isEnough(operation)) return null;
    let told = '';
    let toldAt = 0;
    let said = words.fault(this.#identity.connection).message;
    let give: (sentence: string | null) => void = () => undefined;
    const stopped = new Promise<string | null>((resolve) => {
      give = resolve;
    });
    const { domain } = operation;
    const tracked = this.#deps.revocation.track({
      identity: this.#identity,
      needs: () => ({ action: 'status', domain }),
      end: (sentence) => {
        said = sentence;
        give(sentence);
      },
    });
    const stop = this.#deps.hosts.onEvent(({ event }) => {
      if (event.event !== 'operation' || event.operation.id !== operation.id || json) return;
      if (!tracked.canAct()) return;
      if (isEnough(event.operation)) give(null);
      const step = operationWords.step(event.operation);
      const { endedAt, progress, step: name } = event.operation;
      const isNews =
        progress === undefined || !told.startsWith(name) || Date.now() - toldAt >= PROGRESS_EVERY;
      if (`${name} ${step}` === told || !isNews) return;
      if (endedAt === null) this.#output.say(`${operation.domain}: ${step}`);
      told = `${name} ${step}`;
      toldAt = Date.now();
    });
    const stopClose = this.#terminal.onClose(stop);
    // Only a customer who may still see the domain hears how it ended.
    const end = await Promise.race([ended.then((known) => (tracked.canAct() ? known : said)), stopped]);
    tracked.forget();
    stopClose();
    stop();
    return end;
  }

  #tellEnd(operation: OperationView, end: OperationEnd | string, json: boolean): number | Refusal {
    if (typeof end === 'string') {
      this.#output.say(end);
      return EXIT.failed;
    }
    if (end.outcome === 'lost') return words.outcomeLost(operation.domain);
    if (json) this.#output.json({ operation: operationObject(end.operation) });
    else if (end.outcome === 'done') this.#output.line(operationWords.ended(end.operation));
    if (end.outcome === 'done') return EXIT.done;
    this.#output.say(operationWords.ended(end.operation));
    return EXIT.failed;
  }
}

/** Only where a rescue ends. */
function lengthObject({ forSeconds }: { readonly forSeconds: number | null }): object {
  return forSeconds === null ? {} : { forSeconds };
}

function operationObject(operation: OperationView): object {
  const { id, domain, verb, profile, image, progress, phase, step, place, startedAt, endedAt, failure, by } =
    operation;
  const failed = failure === null ? null : { code: failure.code, message: failure.message };
  const more = { ...(image === undefined ? {} : { image }), ...(progress === undefined ? {} : { progress }) };
  return {
    id,
    domain,
    action: verb,
    profile,
    phase,
    step,
    place,
    startedAt,
    endedAt,
    failure: failed,
    by,
    ...more,
  };
}
