import { join } from 'node:path';
import { CTRL_BRACKET, parseEscapeKey } from '../policy/escape-key.js';
import { noticeSettings } from './notice-settings.js';
import type { NoticeSettings } from './notice-settings.js';
import type { EscapeKey } from '../policy/escape-key.js';
import { isRefusal } from '../policy/refusal.js';
import { schemaCheck } from '../policy/schema-check.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { GateDocument } from './gate-schema.js';
import { GATE_SCHEMA } from './gate-schema.js';
import type { ListenAddress } from './listen-address.js';
import type { LoadedSettings } from './settings-file.js';
import { loadSettings } from './settings-file.js';
import type { SettingsReader } from './settings-reader.js';

/** A Xen host: its name for people, and the socket of its dom0 half. */
export interface HostSettings {
  readonly name: string;
  readonly socket: string;
}

/** gate.yaml after loading: frozen, nothing optional, every path absolute. */
export interface GateSettings extends Pick<
  GateDocument,
  'workers' | 'login' | 'keepAlive' | 'keys' | 'menu' | 'domains' | 'log'
> {
  readonly site: string;
  readonly listen: readonly ListenAddress[];
  readonly hostKey: string;
  readonly otherHostKeys: readonly string[];
  readonly state: string;
  readonly controlSocket: string;
  readonly policy: string;
  readonly hosts: readonly HostSettings[];
  /** Lines joined by newlines, without one at the end. */
  readonly banner: string | null;
  readonly motd: string | null;
  readonly console: Omit<GateDocument['console'], 'escape'> & { readonly escape: EscapeKey };
  readonly recordings: Omit<GateDocument['recordings'], 'directory'> & { readonly directory: string };
  readonly certificates: { readonly revokedKeys: string | null };
  readonly metrics: {
    /** A path is a Unix socket's. Null: they are not served. */
    readonly listen: ListenAddress | string | null;
    readonly customers: boolean;
  };
  readonly notices: NoticeSettings;
}

/** Reads gate.yaml. Never throws because of its content. */
export function loadGateSettings(file: string): LoadedSettings<GateSettings> {
  return loadSettings(file, schemaCheck(GATE_SCHEMA), gateSettings);
}

function gateSettings(value: unknown, reader: SettingsReader): GateSettings {
  const document = value as GateDocument;
  const listen = reader.list(['listen'], (path) => {
    const address = reader.address(path);
    return { path, address, key: `${address.host} port ${address.port}` };
  });
  const fixed = listen.filter(({ address }) => address.port !== 0);
  reader.unique(
    fixed,
    ({ path }) => path,
    ({ key }) => key,
    'The address',
  );
  const state = reader.path(['state']);
  const directory = reader.orNull(['recordings', 'directory'], (path) => reader.path(path));
  return {
    ...document,
    site: reader.line(['site']),
    listen: listen.map(({ address }) => address),
    hostKey: reader.path(['hostKey']),
    otherHostKeys: reader.list(['otherHostKeys'], (path) => reader.path(path)),
    state,
    controlSocket: reader.socket(['controlSocket']),
    policy: reader.path(['policy']),
    hosts: hosts(reader),
    banner: reader.lines(['banner']),
    motd: reader.lines(['motd']),
    console: { ...document.console, escape: escapeKey(['console', 'escape'], reader) },
    recordings: { ...document.recordings, directory: directory ?? join(state, 'recordings') },
    certificates: {
      revokedKeys: reader.orNull(['certificates', 'revokedKeys'], (path) => reader.path(path)),
    },
    metrics: {
      ...document.metrics,
      listen: reader.orNull(['metrics', 'listen'], (path) => metricsListen(path, reader)),
    },
    notices: noticeSettings(document.notices, reader),
  };
}

/** The numbers name domains, and nobody has to log in to read them: so they stay on this machine. */
function metricsListen(path: DocumentPath, reader: SettingsReader): ListenAddress | string {
  const text = reader.text(path);
  // The schema has reported a value that is no text.
  if (text === '') return text;
  if (/^[./]/.test(text)) return reader.socket(path);
  const address = reader.address(path);
  if (!/^127\.|^::1$/.test(address.host))
    reader.error(
      path,
      `"${text}" can be reached from other machines.`,
      'an address of this machine itself, 127.0.0.1:9273 or [::1]:9273, or the path of a Unix socket',
    );
  return address;
}

function escapeKey(path: DocumentPath, reader: SettingsReader): EscapeKey {
  const text = reader.text(path);
  const key = parseEscapeKey(text);
  if (!isRefusal(key)) return key;
  if (text !== '') reader.error(path, key.message);
  return CTRL_BRACKET;
}

function hosts(reader: SettingsReader): readonly HostSettings[] {
  const found = reader.list(['hosts'], (path: DocumentPath) => ({
    path,
    name: reader.text([...path, 'name']),
    socket: reader.socket([...path, 'socket']),
  }));
  reader.unique(
    found,
    ({ path }) => [...path, 'name'],
    ({ name }) => name,
    'The host',
  );
  reader.unique(
    found,
    ({ path }) => [...path, 'socket'],
    ({ socket }) => socket,
    'The socket',
  );
  return found.map(({ name, socket }) => ({ name, socket }));
}
