import { CommandToolstack } from './command-toolstack.js';
import type { Dialect, ToolstackProgram } from './command-toolstack.js';
import { assignmentText } from './config-text.js';
import {
  parseDomid,
  parseUptimes,
  parseXlDryRun,
  parseXlList,
  parseXlLongList,
  xlConfigRefusal,
} from './xl-output.js';

/** The argument of xl's `-e`: Ctrl-^, 0x1e. So Ctrl-] is a key like any other. */
const CONSOLE_ESCAPE = '^^';

/** xl(1), Xen 4.2 and later. */
export const XL: Dialect = {
  takesOverrides: true,
  list: ['list', '-v'],
  longListAll: ['list', '-l'],
  longList: (name) => ['list', '-l', name],
  domid: (name) => ['domid', name],
  domname: (domid) => ['domname', String(domid)],
  create: ({ config, paused, overrides, uuid = null }) => [
    'create',
    ...(paused ? ['-p'] : []),
    config,
    ...[...overrides, ...(uuid === null ? [] : [{ key: 'uuid', value: uuid }])].map(assignmentText),
  ],
  runsConfigs: false,
  dryRun: ({ config, overrides }) => ['-N', 'create', config, ...overrides.map(assignmentText)],
  uptime: ['uptime'],
  verb: (verb, domid, acpi) => [verb, ...(acpi === true ? ['-F'] : []), String(domid)],
  sysrq: (domid, key) => ['sysrq', String(domid), key],
  console: (domid, escape) => ['console', ...(escape ? ['-e', CONSOLE_ESCAPE] : []), String(domid)],
  parseList: parseXlList,
  parseLongList: parseXlLongList,
  parseDomid,
  parseDryRun: parseXlDryRun,
  configRefusal: xlConfigRefusal,
  parseUptimes,
  saysAbsent: (stderr) =>
    /is an invalid domain identifier|maybe this domain does not exist|Error: Domain '[^']*' does not exist/.test(
      stderr,
    ),
};

export class XlToolstack extends CommandToolstack {
  constructor(program: ToolstackProgram) {
    super(program, XL);
  }
}
