import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ConsoleMode } from '../../wire/console.js';
import type { Activity } from '../customer/activity.js';
import type { Authorizer } from '../access/authorize.js';
import { ConsoleSession } from '../console/console-session.js';
import type { ConsoleParts } from '../console/console-attachment.js';
import { LogAccess } from '../console-log/log-access.js';
import * as say from '../console-log/log-words.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Slices } from '../scheduling/slices.js';
import type { Identity } from '../session/identity.js';
import type { OwnKeys } from '../customer/own-keys.js';
import type { OwnUsage } from '../customer/own-usage.js';
import type { Charset } from '../../../menus/printable-text.js';
import type { CustomerName } from '../../../policy/names.js';
import type { OwnNotices } from '../customer/own-notices.js';
import type { OwnRecordings } from '../customer/own-recordings.js';
import { rescueExtended } from '../../../menus/rescue-words.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import type { RescueExtensions } from '../operations/rescue-extensions.js';
import { OwnDomains } from '../customer/own-domains.js';
import type { OwnDomainsParts } from '../customer/own-domains.js';
import type { AskStanding } from '../access/standing.js';
import type { Terminal } from '../session/terminal.js';
import * as words from '../text/words.js';
import type { Command } from './command.js';
import { domainLines, domainObject, domainTable } from './domain-report.js';
import { ExecOutput } from './exec-output.js';
import { EXIT, exitStatus } from './exit-status.js';
import { help } from './help.js';
import { KeysCommand } from './keys-command.js';
import { OperateCommand } from './operate-command.js';
import { LogCommand } from './log-command.js';
import { notify } from './notify-command.js';
import { RecordingCommand } from './recording-command.js';
import { ScreenCommand } from './screen-command.js';
import { PIPE_COLUMNS, showGraph } from './graph-command.js';

export interface ExecParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: OperationDispatcher;
  readonly rescueExtensions: RescueExtensions;
  readonly keys: OwnKeys;
  readonly activity: Activity;
  /** Null: nothing is recorded. */
  readonly ownUsage: OwnUsage | null;
  readonly preferences: { get(customer: CustomerName): { readonly charset: Charset | null } };
  readonly ownRecordings: OwnRecordings;
  readonly notices: OwnNotices;
  readonly standing: AskStanding;
  readonly ownDomains: OwnDomainsParts;
  readonly console: ConsoleParts;
  /** In which long lists are made. */
  readonly slices: Pick<Slices, 'run'>;
}

/** One command by exec: runs it and gives its exit status. The menu is not run here. */
export class ExecSession {
  readonly #parts: ExecParts;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #session: string | null;
  readonly #output: ExecOutput;
  #console: ConsoleSession | null = null;
  #log: LogCommand | null = null;

  /** @param session its id, for admins */
  constructor(parts: ExecParts, identity: Identity, terminal: Terminal, session: string | null = null) {
    this.#session = session;
    this.#parts = parts;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#output = new ExecOutput(terminal);
  }

  /** @returns the exit status */
  async run(command: Exclude<Command, { command: 'menu' }>): Promise<number> {
    const json = 'json' in command && command.json;
    const result = this.#parts.standing(this.#identity) ?? (await this.#run(command));
    if (!isRefusal(result)) return result;
    this.#output.refuse(result, json);
    return exitStatus(result.code);
  }

  /**
   * Ends the command from outside.
   * @returns true when `run` returns by itself then; otherwise the caller ends the session
   */
  end(sentence: string): boolean {
    const running = this.#console ?? this.#log;
    running?.end(sentence);
    return running !== null;
  }

  #run(command: Exclude<Command, { command: 'menu' }>): Promise<number | Refusal> | number | Refusal {
    switch (command.command) {
      case 'help':
        this.#output.lines(help(this.#parts.console.consoleOptions.escapeKey(this.#identity.customer).name));
        return EXIT.done;
      case 'list':
        return this.#list(command.json);
      case 'status':
        return this.#status(command.domain, command.json);
      case 'keys-list':
        return this.#keys().list(command.json);
      case 'keys-add':
        return this.#keys().add(command.text, command.json);
      case 'keys-remove':
        return this.#keys().remove(command);
      case 'escape':
        return this.#escape(command.key);
      case 'notify':
        return notify(this.#parts.notices, this.#identity, command, this.#output);
      case 'activity':
        return this.#activity(command.json);
      case 'recordings':
        return this.#recordings().list(command.json);
      case 'recording':
        return this.#recordings().fetch(command.id);
      case 'log':
        this.#log = new LogCommand(this.#parts.console, this.#identity, this.#terminal, this.#output);
        return this.#log.run(command);
      case 'log-switch':
        return this.#logSwitch(command);
      case 'screen':
        return this.#screen(command);
      case 'graph':
        return this.#graph(command);
      case 'extend':
        return this.#extend(command);
      case 'console':
      case 'watch':
        return this.#consoleOf(command.domain, command.command === 'console' ? 'write' : 'watch');
      case 'operate':
        return this.#operate(command);
    }
  }

  async #list(json: boolean): Promise<number> {
    const now = Date.now();
    const listing = new OwnDomains(this.#parts.ownDomains, this.#identity).begin(now);
    await this.#parts.slices.run(() => listing.step());
    const domains = listing.finish();
    if (json) this.#output.json(domains.map(domainObject));
    else if (domains.length === 0) this.#output.line('You have no servers here.');
    else this.#output.lines(domainTable(domains, now));
    return EXIT.done;
  }

  #status(domain: string, json: boolean): number | Refusal {
    const permit = this.#parts.authorizer.authorize(this.#identity, {
      action: 'status',
      domain,
      profile: null,
    });
    if (isRefusal(permit)) return permit;
    const { domain: name } = permit.consume('status');
    const now = Date.now();
    const every = new OwnDomains(this.#parts.ownDomains, { ...this.#identity, domain: name }).list(now);
    const found = every.find((each) => each.name === name);
    if (found === undefined) return words.noSuchDomain('the role went meanwhile');
    if (json) this.#output.json(domainObject(found));
    else this.#output.lines(domainLines(found, now));
    return EXIT.done;
  }

  #keys(): KeysCommand {
    return new KeysCommand(this.#parts.keys, this.#identity, this.#terminal, this.#output);
  }

  #escape(text: string | null): number | Refusal {
    const { consoleOptions } = this.#parts.console;
    const { customer } = this.#identity;
    if (text !== null) {
      const no = consoleOptions.chooseEscape(customer, text === 'default' ? null : text);
      if (no !== null) return no;
    }
    this.#output.line(`${consoleOptions.escapeKey(customer).name} and a dot leave a console.`);
    return EXIT.done;
  }

  #activity(json: boolean): number {
    const lines = this.#parts.activity.of(this.#identity);
    if (json) this.#output.json(lines);
    else this.#output.lines(lines.map(({ at, text }) => `${at.slice(0, 19)}Z  ${text}`));
    return EXIT.done;
  }

  async #logSwitch(command: Extract<Command, { command: 'log-switch' }>): Promise<number | Refusal> {
    const { domain, keep, json } = command;
    const no = await new LogAccess(this.#parts).switch(this.#identity, domain, keep);
    if (no !== null) return no;
    if (json) this.#output.json({ domain, keeping: keep });
    else this.#output.line(say.switched(domain, keep));
    return EXIT.done;
  }

  #graph(command: Extract<Command, { command: 'graph' }>): Promise<number | Refusal> {
    const { hasPty, columns, utf8 } = this.#terminal;
    const { charset } = this.#parts.preferences.get(this.#identity.customer);
    const shape = {
      columns: hasPty ? columns : PIPE_COLUMNS,
      charset: charset ?? (utf8 === false ? 'ascii' : 'utf-8'),
    };
    return showGraph(command, this.#parts, this.#identity, this.#output, shape);
  }

  #screen(command: Extract<Command, { command: 'screen' }>): Promise<number | Refusal> {
    const { authorizer, hosts, operations, console } = this.#parts;
    const { liveAttachments } = console;
    const parts = { authorizer, hosts, operations, liveAttachments };
    return new ScreenCommand(parts, this.#identity, this.#output).run(command);
  }

  async #extend(command: Extract<Command, { command: 'extend' }>): Promise<number | Refusal> {
    const { domain, forSeconds, json } = command;
    const end = await this.#parts.rescueExtensions.extend(this.#identity, domain, forSeconds);
    if (isRefusal(end)) return end;
    if (json) this.#output.json({ domain, endsAt: end.at, forSeconds: end.forSeconds });
    else this.#output.line(rescueExtended(domain, Date.parse(end.at), Date.now()));
    return EXIT.done;
  }

  #operate(command: Extract<Command, { command: 'operate' }>): Promise<number | Refusal> {
    const { authorizer, hosts, operations, console } = this.#parts;
    const { revocation } = console;
    const goTo = {
      open: (domain: string, fromBoot: boolean) => this.#consoleOf(domain, 'write', fromBoot),
      end: (sentence: string) => this.#console?.end(sentence),
    };
    const deps = { authorizer, hosts, operations, revocation, console: goTo };
    return new OperateCommand(deps, this.#identity, this.#terminal, this.#output).run(command);
  }

  #recordings(): RecordingCommand {
    const { ownRecordings, console } = this.#parts;
    return new RecordingCommand(
      { own: ownRecordings, revocation: console.revocation, turns: console.turns },
      this.#identity,
      this.#terminal,
      this.#output,
    );
  }

  async #consoleOf(domain: string, mode: ConsoleMode, fromBoot = false): Promise<number | Refusal> {
    const { console } = this.#parts;
    const [identity, terminal] = [this.#identity, this.#terminal];
    this.#console = new ConsoleSession(console, identity, terminal, domain, mode, fromBoot, this.#session);
    const ending = await this.#console.run();
    if (isRefusal(ending)) return ending;
    if (ending.message !== null) this.#output.say(ending.message);
    return ending.status;
  }
}
