import { CommandToolstack } from './command-toolstack.js';
import type { Dialect, ToolstackProgram } from './command-toolstack.js';
import { parseXmDomid, parseXmDryRun, parseXmList, parseXmLongList, xmConfigRefusal } from './xm-output.js';
import { parseUptimes } from './xl-output.js';

/**
 * xm(1) of Xen 4.1, which talks to xend. `xm list` has no UUIDs, so the long listing serves for both. xm
 * takes the text of `key=value` unquoted and cannot replace a list that way: overrides must be in the file.
 *
 * After tools/python/xen of Xen 4.1.6: xm/main.py for the verbs and their errors (`_run_cmd`), xm/create.py
 * and xm/shutdown.py for theirs. Domids are accepted wherever names are (XendDomain.domain_lookup_nr). xend
 * gives a domain's next incarnation the same UUID (XendDomainInfo._restart); the domid tells them apart.
 * Its xenconsole has no `-e`.
 */
export const XM: Dialect = {
  takesOverrides: false,
  list: ['list', '-l'],
  longListAll: ['list', '-l'],
  longList: (name) => ['list', '-l', name],
  domid: (name) => ['domid', name],
  domname: (domid) => ['domname', String(domid)],
  create: ({ config, paused }) => ['create', '--quiet', ...(paused ? ['--paused'] : []), config],
  runsConfigs: true,
  dryRun: ({ config }) => ['create', '--quiet', '--dryrun', config],
  uptime: ['uptime'],
  verb: (verb, domid) => [verb, String(domid)],
  sysrq: (domid, key) => ['sysrq', String(domid), key],
  console: (domid) => ['console', String(domid)],
  parseList: parseXmList,
  parseLongList: parseXmLongList,
  parseDomid: parseXmDomid,
  parseDryRun: parseXmDryRun,
  configRefusal: xmConfigRefusal,
  parseUptimes,
  // The exit status is 3, XendClient.ERROR_INVALID_DOMAIN, but a failing `xm create` may have it as well.
  saysAbsent: (stderr) => /Domain '[^']*' does not exist/.test(stderr),
};

export class XmToolstack extends CommandToolstack {
  constructor(program: ToolstackProgram) {
    super(program, XM);
  }
}
