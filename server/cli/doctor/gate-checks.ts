import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import { reason } from '../../wire/reason.js';
import type { GateSettings } from '../../../config/gate-settings.js';
import { loadPolicy } from '../../../config/policy-directory.js';
import { problemText } from '../../../config/problem.js';
import { isRefusal } from '../../../policy/refusal.js';
import { ControlClient, ControlUnreachableError } from '../../gate/control/control-client.js';
import type { HostKeyList } from '../../gate/control/host-key-answers.js';
import type { GateStatus } from '../../gate/control/status-answers.js';
import { Store } from '../../store/store.js';
import { DATABASE } from '../../store/state-directory.js';
import { asOwner } from '../admin/as-owner.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { checkMode, exists } from '../installation/files.js';
import { folderFound, tryFolder } from './folder-found.js';
import { auditFound, namesFound } from './gate-found.js';
import { checkHostKeys } from './host-key-checks.js';
import { checkNotices } from './notice-checks.js';
import { checkReach } from './reach.js';
import type { ReachPorts } from './reach.js';
import { checkRevokedKeys } from './revoked-keys-check.js';
import { checkHost, isAnswering } from './host-trial.js';

/** Checks the gate on this machine. */
export async function checkGate(settings: GateSettings, admin: string): Promise<Diagnosis[]> {
  const status = await askStatus(settings.controlSocket, admin);
  const hosts = await Promise.all(
    settings.hosts.map(async ({ name, socket }) => {
      const found = await checkHost(`host ${name}`, socket);
      // A host that does not answer is already reported.
      if (!('hosts' in status) || !isAnswering(found)) return { found, reach: [] };
      return { found, reach: await checkReach(name, Date.now(), ports(settings, admin)) };
    }),
  );
  return [
    ...(await checkState(settings, 'pid' in status)),
    ...(await checkFolders(settings, status)),
    ...checkListen(settings),
    ...checkRecordings(settings.recordings.directory),
    ...checkHostKeys(settings, 'pid' in status ? await askHostKeys(settings.controlSocket, admin) : null),
    ...(await checkRevokedKeys(settings.certificates.revokedKeys, settings.state)),
    ...(await checkNotices(settings.notices, settings.state)),
    ...checkPolicyFiles(settings.policy),
    ...checkControl(settings.controlSocket, status),
    ...hosts.flatMap(({ found }) => found),
    ...hosts.flatMap(({ reach }) => reach),
  ];
}

function ports({ controlSocket }: GateSettings, admin: string): ReachPorts {
  return {
    status: async () => {
      const status = await askStatus(controlSocket, admin);
      return 'hosts' in status ? status : null;
    },
    now: Date.now,
    wait: (milliseconds) => pause(milliseconds),
  };
}

/** A running gate has tried its folders by itself. Without one, this tries them. */
async function checkFolders(
  { state, recordings }: GateSettings,
  status: GateStatus | { readonly problem: string },
): Promise<Diagnosis[]> {
  const places = [
    ['state', state],
    ['recordings', recordings.directory],
  ] as const;
  if ('problem' in status)
    return (await Promise.all(places.map(([subject, folder]) => tryFolder(subject, folder)))).flat();
  // An older gate, not upgraded yet, does not send this.
  const { folders = [], audit } = status as Partial<Pick<GateStatus, 'folders'>> & Pick<GateStatus, 'audit'>;
  return folders.flatMap((check, at) => {
    const [subject, folder] = places[at] ?? ['state', check.what];
    // The audit log lies in this folder, and its own finding says so.
    if (at === 0 && check.problem !== null && audit.trouble !== null) return [];
    return [folderFound(subject, folder, check)];
  });
}

/** Where systemd looks for the socket unit of the gate. */
const SOCKET_UNITS = [
  '/etc/systemd/system/postern-gate.socket',
  '/usr/lib/systemd/system/postern-gate.socket',
];

function checkListen({ listen }: GateSettings): Diagnosis[] {
  const low = listen.filter(({ port }) => port > 0 && port < 1024);
  if (low.length === 0 || SOCKET_UNITS.some(exists)) return [];
  return [
    warn(
      'listen',
      `the gate may not open ports below 1024, but its settings say port ${low.map(({ port }) => port).join(', ')}`,
      'let systemd listen there by postern-gate.socket: docs/day-two/upgrade.md, Port 22',
    ),
  ];
}

async function checkState({ state }: GateSettings, running: boolean): Promise<Diagnosis[]> {
  const file = join(state, DATABASE);
  if (!exists(state)) {
    return [
      fail(
        'state',
        `there is no directory ${state}`,
        `start the gate once, or: install -d -m 0700 -o postern -g postern ${state}`,
      ),
    ];
  }
  const found = [checkMode('state', state, 0o077, '700')];
  if (!exists(file)) {
    return [
      ...found,
      warn(
        'database',
        `there is no ${file}`,
        'nothing to do: the gate or the first `postern customer add` makes it',
      ),
    ];
  }
  for (const one of [file, `${file}-wal`, `${file}-shm`])
    if (exists(one)) found.push(checkMode('database', one, 0o077, '600'));
  const open = found.some(({ level }) => level === 'fail');
  return running || open
    ? found
    : [...found, await asOwner(state, () => Promise.resolve(checkDatabase(file)))];
}

/**
 * Opens the database only as its owner, which root becomes: SQLite makes files beside it, and these must not
 * belong to another user.
 */
function checkDatabase(file: string): Diagnosis {
  const { uid } = statSync(file);
  if (uid !== process.geteuid?.()) {
    return warn(
      'database',
      'it was not opened: the gate is not running, and only its owner may open it',
      `run this as its owner: sudo -u '#${uid}' postern doctor`,
    );
  }
  try {
    const store = Store.open(file);
    try {
      return ok(
        'database',
        `it opens; ${store.customers.list().length} customers, audit log at row ${store.audit.head().seq}`,
      );
    } finally {
      store.close();
    }
  } catch (error) {
    return fail('database', reason(error), 'restore a backup if the file is damaged (postern backup --help)');
  }
}

/** The directory is made with the first recording. */
function checkRecordings(directory: string): Diagnosis[] {
  return exists(directory) ? [checkMode('recordings', directory, 0o077, '700')] : [];
}

function checkPolicyFiles(directory: string): Diagnosis[] {
  const loaded = loadPolicy(directory);
  const warnings = loaded.warnings.map((problem) =>
    warn('policy', problemText([problem], 'warning').trimEnd(), 'see `postern policy check --help`'),
  );
  if (loaded.ok) return [ok('policy', `${directory}: ${loaded.policy.rules.length} rules`), ...warnings];
  const mend = 'mend the files; until then the policy that was accepted last stays in force';
  return [
    ...loaded.problems.map((problem) => fail('policy', problemText([problem]).trimEnd(), mend)),
    ...warnings,
  ];
}

function checkControl(
  socket: string,
  status: GateStatus | { readonly problem: string; readonly code: string },
): Diagnosis[] {
  if ('problem' in status) {
    if (status.code === 'EACCES')
      return [fail('gate', status.problem, "run this with sudo, or as the gate's own user")];
    return [warn('gate', status.problem, 'systemctl start postern-gate')];
  }
  const found = [
    ok(
      'gate',
      `running as process ${status.pid}, ${status.sessions} sessions, policy revision ${status.policy.revision}`,
    ),
    checkMode('control socket', dirname(socket), 0o077, '700'),
    checkMode('control socket', socket, 0o177, '600'),
  ];
  if (status.maintenance !== null)
    found.push(
      warn('maintenance', `on: ${status.maintenance.sentence}`, 'postern maintenance off, when it is over'),
    );
  // An older gate, not upgraded yet, does not send this.
  const { trouble = null } = status.audit as Partial<GateStatus['audit']>;
  found.push(...auditFound(trouble), ...namesFound(status));
  return found;
}

/** @returns null also for an older gate, which is not upgraded yet */
async function askHostKeys(socket: string, admin: string): Promise<HostKeyList | null> {
  try {
    const list = await new ControlClient(socket, admin).ask('GET', '/host-keys');
    return isRefusal(list) ? null : (list as HostKeyList);
  } catch {
    return null;
  }
}

async function askStatus(
  socket: string,
  admin: string,
): Promise<GateStatus | { problem: string; code: string }> {
  try {
    const status = await new ControlClient(socket, admin).ask('GET', '/status');
    return isRefusal(status) ? { problem: status.message, code: '' } : (status as GateStatus);
  } catch (error) {
    const { message } = error as Error;
    return { problem: message, code: error instanceof ControlUnreachableError ? error.code : '' };
  }
}
