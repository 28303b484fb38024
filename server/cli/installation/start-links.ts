import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RootDirectory } from '../command/root-directory.js';
import { DOM0_SETTINGS, GATE_SETTINGS } from '../command/settings-option.js';
import { exists } from './files.js';
import { UNITS } from './installation.js';
import type { Halves } from './installation.js';
import { isPackaged } from './place.js';
import type { Link } from './piece.js';

/** The unit of a link to another host is `postern-host@NAME.service`. */
const HOST_LINK = 'postern-host@';
const WANTS = 'multi-user.target.wants';
/**
 * The links that a purge of the package took away, by their paths below the directory of units, one a line. They are
 * not what an admin disabled, so the next setup makes them again. config/debian/postrm writes it.
 */
const PURGED = '/etc/postern/start-again';
const OURS =
  /^(?:multi-user|sockets)\.target\.wants\/(?:postern-(dom0|gate)\.service|postern-gate\.socket|postern-host@[\w.-]+\.service)$/;

/**
 * The links by which systemd starts a half when the machine boots, as `systemctl enable` makes them. Setup makes one
 * with the half's first settings, and after a purge: an admin who disables a unit later means it.
 */
export function startLinks(halves: Halves, program: string, root: RootDirectory): readonly Link[] {
  const own = (unit: string, settings: string): readonly string[] =>
    exists(root.at(`${UNITS}/${WANTS}/${unit}`)) || !exists(root.at(settings)) ? [`${WANTS}/${unit}`] : [];
  const links = [
    ...(halves === 'gate' ? [] : own('postern-dom0.service', DOM0_SETTINGS)),
    ...(halves === 'dom0' ? [] : own('postern-gate.service', GATE_SETTINGS)),
    // Those of a setup from source would lead to a unit that goes.
    ...(halves === 'dom0' ? [] : namesIn(root.at(`${UNITS}/${WANTS}`)))
      .filter((name) => name.startsWith(HOST_LINK))
      .map((name) => `${WANTS}/${name}`),
    ...purged(root).filter((link) => isOf(halves, link)),
  ];
  const directory = isPackaged(program) ? '/usr/lib/systemd/system' : UNITS;
  return [...new Set(links)].map((link) => ({
    kind: 'link',
    path: `${UNITS}/${link}`,
    target: `${directory}/${unitOf(link)}`,
  }));
}

/** Forgets the purged links that are there again. Without any left the file goes. */
export function forgetPurged(root: RootDirectory): void {
  const file = root.at(PURGED);
  if (!existsSync(file)) return;
  const left = purged(root).filter((link) => !exists(root.at(`${UNITS}/${link}`)));
  if (left.length === 0) rmSync(file);
  else writeFileSync(file, left.map((link) => `${link}\n`).join(''));
}

function purged(root: RootDirectory): readonly string[] {
  const file = root.at(PURGED);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => OURS.test(line));
}

function isOf(halves: Halves, link: string): boolean {
  const half = OURS.exec(link)?.[1] ?? 'gate';
  return halves === 'both' || half === halves;
}

function unitOf(link: string): string {
  const name = link.slice(link.indexOf('/') + 1);
  return name.startsWith(HOST_LINK) ? `${HOST_LINK}.service` : name;
}

function namesIn(directory: string): readonly string[] {
  return exists(directory) ? readdirSync(directory) : [];
}
