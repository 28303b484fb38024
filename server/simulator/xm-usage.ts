import { print } from './output.js';

/** Wrong arguments. `xm` prints `Error: `, the message, and the help of its verb. */
export class UsageFault extends Error {}

/** SUBCOMMAND_HELP, xm/main.py of Xen 4.1. */
const HELP: Readonly<Record<string, readonly [synopsis: string, text: string]>> = {
  console: ['[-q|--quiet] <Domain>', "Attach to <Domain>'s console."],
  create: ['<ConfigFile> [options] [vars]', 'Create a domain based on <ConfigFile>.'],
  destroy: ['<Domain>', 'Terminate a domain immediately.'],
  domid: ['<DomainName>', 'Convert a domain name to domain id.'],
  domname: ['<DomId>', 'Convert a domain id to domain name.'],
  list: ['[options] [Domain, ...]', 'List information about all/some domains.'],
  pause: ['<Domain>', 'Pause execution of a domain.'],
  reboot: ['<Domain> [-wa]', 'Reboot a domain.'],
  shutdown: ['<Domain> [-waRH]', 'Shutdown a domain.'],
  sysrq: ['<Domain> <letter>', 'Send a sysrq to a domain.'],
  unpause: ['<Domain>', 'Unpause a paused domain.'],
};

/** Prints a verb's help, or that of plain xm, on stdout. @returns the exit status */
export function xmUsage(verb = ''): number {
  const [synopsis, text] = HELP[verb] ?? ['<subcommand> [args]', ''];
  if (text !== '') {
    print(`Usage: xm ${verb} ${synopsis}\n\n${text}\n`);
    return 1;
  }
  print(`Usage: xm ${synopsis}\n\nControl, list, and manipulate Xen guest instances.\n`);
  return 1;
}

/** arg_check, xm/main.py: `--` does not count. @throws UsageFault */
export function checkCount(argv: readonly string[], verb: string, least: number, most = least): void {
  const count = argv.filter((argument) => argument !== '--').length;
  if (count >= least && count <= most) return;
  const wanted =
    least === most ? `${least} argument${least === 1 ? '' : 's'}` : `between ${least} and ${most} arguments`;
  throw new UsageFault(`'xm ${verb}' requires ${wanted}.\n`);
}

/**
 * Splits arguments into the known options and the operands, as Python's gnu_getopt does
 * for options without a value.
 *
 * @param known long option by each spelling: `{ '-l': 'long', '--long': 'long' }`
 * @throws UsageFault for another option
 */
export function xmOptions(
  argv: readonly string[],
  known: Readonly<Record<string, string>>,
): { readonly flags: ReadonlySet<string>; readonly operands: readonly string[] } {
  const flags = new Set<string>();
  const operands: string[] = [];
  for (const argument of argv) {
    const flag = Object.hasOwn(known, argument) ? known[argument] : undefined;
    if (flag !== undefined) flags.add(flag);
    else if (argument.startsWith('-')) throw new UsageFault(`option ${argument} not recognized`);
    else operands.push(argument);
  }
  return { flags, operands };
}
