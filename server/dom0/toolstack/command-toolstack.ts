import { refusal, isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainName } from '../../../policy/names.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';
import { firstReason, presentable } from './reason.js';
import { runCommand } from '../process/run-command.js';
import type { CommandResult } from '../process/run-command.js';
import { SharedRun } from '../scheduling/shared-run.js';
import type {
  Call,
  ConfigReading,
  ConsoleCommand,
  Creation,
  DryRun,
  ListedDomain,
  LongDomain,
  Target,
  Toolstack,
} from './toolstack.js';

/** A long listing takes about 1.3 KiB for each domain. */
const LONG_OUTPUT_LIMIT = 8 * 1024 * 1024;

type Verb = 'unpause' | 'shutdown' | 'reboot' | 'destroy';

/** How to talk to one program: pure argv builders and parsers. */
export interface Dialect {
  readonly takesOverrides: boolean;
  readonly list: readonly string[];
  readonly longListAll: readonly string[];
  longList(name: DomainName): readonly string[];
  domid(name: DomainName): readonly string[];
  domname(domid: number): readonly string[];
  create(creation: Creation): readonly string[];
  readonly runsConfigs: boolean;
  dryRun(creation: Pick<Creation, 'config' | 'overrides'>): readonly string[];
  readonly uptime: readonly string[];
  /** @param acpi as in `Call` */
  verb(verb: Verb, domid: number, acpi?: boolean): readonly string[];
  sysrq(domid: number, key: string): readonly string[];
  /** @param escape use an escape key other than Ctrl-], where the program has an option for it */
  console(domid: number, escape: boolean): readonly string[];
  parseList(text: string): ListedDomain[] | undefined;
  parseLongList(text: string): LongDomain[] | undefined;
  /** Null when the output says that the domain is off; undefined when it cannot be read. */
  parseDomid(text: string): number | null | undefined;
  parseDryRun(text: string): ConfigReading | undefined;
  /** What a failed dry run says against the file; undefined when it says nothing about it. */
  configRefusal(stderr: string, file: string): string | undefined;
  parseUptimes(text: string): ReadonlyMap<number, number> | undefined;
  /** Whether a failed call says that there is no such domain. */
  saysAbsent(stderr: string): boolean;
}

export interface ToolstackProgram {
  /** Absolute path. */
  readonly command: string;
  /** Added to PATH and LANG=C, and wins over them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether its console has an option for an escape key other than Ctrl-]. */
  readonly consoleEscapeOption: boolean;
  /** For commands that only read. */
  readonly timeoutSeconds: number;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A toolstack that is a program. Its argv holds only parsed names, and never domain 0. */
export class CommandToolstack implements Toolstack {
  readonly #program: ToolstackProgram;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #dialect: Dialect;
  readonly #listing: SharedRun<readonly ListedDomain[] | Refusal>;

  readonly takesOverrides: boolean;
  readonly runsConfigs: boolean;

  constructor(program: ToolstackProgram, dialect: Dialect) {
    this.takesOverrides = dialect.takesOverrides;
    this.runsConfigs = dialect.runsConfigs;
    this.#program = program;
    this.#environment = { PATH, LANG: 'C', ...program.environment };
    this.#dialect = dialect;
    this.#listing = new SharedRun(() => this.#list());
  }

  list(): Promise<readonly ListedDomain[] | Refusal> {
    return this.#listing.get();
  }

  async domid(name: DomainName): Promise<number | null | Refusal> {
    const result = await this.#look(this.#dialect.domid(name));
    if (result.ended === 'exit' && result.code === 0) {
      const domid = this.#dialect.parseDomid(result.stdout);
      return domid === undefined ? this.#unreadable('domid') : domid;
    }
    return result.ended === 'exit' && this.#dialect.saysAbsent(result.stderr)
      ? null
      : this.#refused('domid', result);
  }

  async longList(name: DomainName): Promise<LongDomain | null | Refusal> {
    const result = await this.#look(this.#dialect.longList(name), LONG_OUTPUT_LIMIT);
    if (result.ended === 'exit' && result.code === 0) {
      const domains = this.#dialect.parseLongList(result.stdout);
      // While a domain is built or torn down, xl finds its name but has nothing to list:
      // an empty list, and success.
      if (domains?.length === 0) return null;
      return domains?.find((domain) => domain.name === name) ?? this.#unreadable('list -l');
    }
    return result.ended === 'exit' && this.#dialect.saysAbsent(result.stderr)
      ? null
      : this.#refused('list -l', result);
  }

  async longListAll(): Promise<readonly LongDomain[] | Refusal> {
    const result = await this.#look(this.#dialect.longListAll, LONG_OUTPUT_LIMIT);
    if (result.ended !== 'exit' || result.code !== 0) return this.#refused('list -l', result);
    return this.#dialect.parseLongList(result.stdout) ?? this.#unreadable('list -l');
  }

  async dryRun(creation: Pick<Creation, 'config' | 'overrides'>): Promise<DryRun> {
    const result = await this.#look(this.#dialect.dryRun(creation));
    if (result.ended === 'exit' && result.code === 0)
      return this.#dialect.parseDryRun(result.stdout) ?? this.#unreadable('create (dry run)');
    const refused =
      result.ended === 'exit' && result.code !== null
        ? this.#dialect.configRefusal(result.stderr, creation.config)
        : undefined;
    return refused === undefined ? this.#refused('create (dry run)', result) : { refused };
  }

  async uptimes(): Promise<ReadonlyMap<number, number> | Refusal> {
    const result = await this.#look(this.#dialect.uptime);
    if (result.ended !== 'exit' || result.code !== 0) return this.#refused('uptime', result);
    return this.#dialect.parseUptimes(result.stdout) ?? this.#unreadable('uptime');
  }

  create(creation: Creation, call: Call): Promise<Refusal | null> {
    return this.#do('create', this.#dialect.create(creation), call);
  }

  unpause(target: Target, call: Call): Promise<Refusal | null> {
    return this.#verb('unpause', target, call);
  }

  shutdown(target: Target, call: Call): Promise<Refusal | null> {
    return this.#verb('shutdown', target, call);
  }

  reboot(target: Target, call: Call): Promise<Refusal | null> {
    return this.#verb('reboot', target, call);
  }

  destroy(target: Target, call: Call): Promise<Refusal | null> {
    return this.#verb('destroy', target, call);
  }

  async sysrq(target: Target, key: string, call: Call): Promise<Refusal | null> {
    const changed = await this.#confirm(target);
    return changed ?? this.#do('sysrq', this.#dialect.sysrq(target.domid, key), call);
  }

  consoleCommand(domid: number): ConsoleCommand {
    return {
      file: this.#program.command,
      args: this.#dialect.console(domid, this.#program.consoleEscapeOption),
      environment: this.#environment,
    };
  }

  async #verb(verb: Verb, target: Target, call: Call): Promise<Refusal | null> {
    const changed = await this.#confirm(target);
    return changed ?? this.#do(verb, this.#dialect.verb(verb, target.domid, call.acpi), call);
  }

  /**
   * Asks a fresh listing, because domids are re-used, and a name or a UUID from the file may belong to
   * another incarnation by now.
   */
  async #confirm(target: Target): Promise<Refusal | null> {
    const { name, domid, uuid = null } = target;
    if (uuid === null) return this.#confirmName(target);
    const listed = await this.list();
    if (isRefusal(listed)) return listed;
    const now = listed.find((domain) => domain.name === name);
    if (now === undefined) return refusal('undone', 'The server does not run any more.', `${name} is gone`);
    if (now.domid === domid && now.uuid === uuid) return null;
    const is = `${now.domid} ${now.uuid ?? ''}`;
    return refusal(
      'undone',
      'The server was started anew meanwhile.',
      `${name} was ${domid} ${uuid}, is ${is}`,
    );
  }

  /** Confirms name → domid → name with fresh calls. */
  async #confirmName({ name, domid }: Target): Promise<Refusal | null> {
    const now = await this.domid(name);
    if (isRefusal(now)) return now;
    if (now === null) return refusal('undone', 'The server does not run any more.', `${name} is gone`);
    if (now !== domid) {
      return refusal('undone', 'The server was started anew meanwhile.', `${name} was ${domid}, is ${now}`);
    }
    const result = await this.#look(this.#dialect.domname(domid));
    if (result.ended !== 'exit' || result.code !== 0) return this.#refused('domname', result);
    if (result.stdout.trimEnd() === name) return null;
    return refusal('undone', 'The server was started anew meanwhile.', `${domid} is not ${name} any more`);
  }

  async #list(): Promise<readonly ListedDomain[] | Refusal> {
    const result = await this.#look(this.#dialect.list);
    if (result.ended !== 'exit' || result.code !== 0) return this.#refused('list', result);
    return this.#dialect.parseList(result.stdout) ?? this.#unreadable('list');
  }

  #look(args: readonly string[], outputLimit?: number): Promise<CommandResult> {
    return runCommand({
      file: this.#program.command,
      args,
      environment: this.#environment,
      timeoutMs: this.#program.timeoutSeconds * 1000,
      ...(outputLimit === undefined ? {} : { outputLimit }),
    });
  }

  async #do(what: string, args: readonly string[], call: Call): Promise<Refusal | null> {
    const result = await runCommand({
      file: this.#program.command,
      args,
      environment: this.#environment,
      timeoutMs: call.timeoutMs,
      signal: call.signal,
      transcript: call.transcript,
    });
    return result.ended === 'exit' && result.code === 0 ? null : this.#refused(what, result);
  }

  #unreadable(what: string): Refusal {
    return refusal(
      'toolstack-failed',
      'The host gave an answer that cannot be read.',
      `${what}: unreadable output`,
    );
  }

  #refused(what: string, result: CommandResult): Refusal {
    const said = presentable(result.stderr, TEXT_LIMITS.detail - 100);
    switch (result.ended) {
      case 'timeout':
        return refusal('toolstack-timeout', 'The host did not answer in time.', `${what} timed out: ${said}`);
      case 'aborted':
        return refusal('undone', 'It was called off.', `${what} was ended by us`);
      case 'not-started':
        return refusal('toolstack-failed', "The host's Xen tools cannot be run.", `${what}: ${said}`);
      case 'overflow':
        return refusal(
          'toolstack-failed',
          'The host gave an answer that cannot be read.',
          `${what}: too much output`,
        );
      case 'exit': {
        const code = result.code === null ? 'killed' : `exit ${result.code}`;
        const reason = firstReason(result.stderr) ?? 'The host refused without a reason.';
        return refusal('toolstack-failed', reason, `${what}, ${code}: ${said}`);
      }
    }
  }
}
