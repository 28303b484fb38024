import type { Command, Option } from 'commander';
import { bold, head, plain, section, spans, subsection, term, verbatim } from './roff.js';

/** What every command ends with, by docs/day-two/README.md. */
const STATUSES: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'done'],
  [
    '1',
    'it failed, or something was found: `status`, `doctor`, `policy check`, `policy diff`, `apply --diff`, `audit verify`',
  ],
  ['2', 'wrong use: an unknown command, a missing argument, settings or files that are not sound'],
  ['3', 'refused; nothing was changed'],
  ['4', 'what you named is not there: no such customer, key, CA, role, domain, session, recording, image …'],
  ['5', 'the domain is busy'],
  ['6', 'the gate or the host does not answer'],
];

const SEE_ALSO = [
  'postern-gate.yaml(5)',
  'postern-dom0.yaml(5)',
  'postern-policy(5)',
  'postern-customers(5)',
];

/** postern(1): the list of commands. */
export function overviewPage(program: Command, version: string): string {
  return page([
    ...head(program.name(), 1, version, withoutStop(program.description())),
    section('SYNOPSIS'),
    `${bold(program.name())} ${plain('COMMAND [options] ...')}`,
    section('COMMANDS'),
    ...visible(program).flatMap((one) =>
      term(bold(`${program.name()} ${one.name()}`), spans(one.description())),
    ),
    '.PP',
    spans('Each has a page of its own: `man postern-key`. `postern COMMAND --help` says the same.'),
    ...ending(),
  ]);
}

/** postern-NAME(1): one command, with its subcommands. */
export function commandPage(program: Command, command: Command, version: string): string {
  const name = `${program.name()}-${command.name()}`;
  const line = `${program.name()} ${command.name()}`;
  const below = visible(command);
  return page([
    ...head(name, 1, version, withoutStop(command.description())),
    section('SYNOPSIS'),
    ...(below.length === 0
      ? [synopsis(line, command)]
      : below.flatMap((one) => [synopsis(`${line} ${one.name()}`, one), '.br'])),
    section('DESCRIPTION'),
    ...(below.length === 0
      ? details(command)
      : [
          spans(command.description()),
          ...below.flatMap((one) => [subsection(`${line} ${one.name()}`), ...details(one)]),
        ]),
    ...(below.length === 0 ? [] : extraHelp(command)),
    ...ending(),
  ]);
}

function ending(): readonly string[] {
  return [
    section('EXIT STATUS'),
    ...STATUSES.flatMap(([status, meaning]) => term(bold(status), spans(meaning))),
    section('SEE ALSO'),
    ['postern(1)', ...SEE_ALSO].map(plain).join(', '),
  ];
}

function details(command: Command): readonly string[] {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  return [
    spans(command.description()),
    ...help
      .visibleArguments(command)
      .flatMap((argument) => term(bold(argument.name()), spans(help.argumentDescription(argument)))),
    ...options.flatMap((option) => term(flags(option), spans(help.optionDescription(option)))),
    ...extraHelp(command),
  ];
}

/** The texts behind the help: examples, and what else a command says of itself. */
function extraHelp(command: Command): readonly string[] {
  let whole = '';
  command.configureOutput({ writeOut: (part) => (whole += part) }).outputHelp();
  const text = whole.slice(command.helpInformation().length);
  return text.trim() === '' ? [] : verbatim(text.trim().split('\n'));
}

/** `-n, --last <number>`, the names bold. */
function flags(option: Option): string {
  return option.flags
    .split(/(?<=[ ,|])/)
    .map((word) =>
      word.startsWith('-') ? bold(word.trimEnd()) + (word.endsWith(' ') ? ' ' : '') : plain(word),
    )
    .join('');
}

function synopsis(line: string, command: Command): string {
  return `${bold(line)} ${plain(command.usage())}`;
}

function visible(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
}

function withoutStop(text: string): string {
  return (/^.*?\.(?= |$)/.exec(text)?.[0] ?? text).replace(/\.$/, '');
}

function page(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
