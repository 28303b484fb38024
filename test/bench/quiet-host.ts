import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dryRunText } from '../../server/simulator/dry-run.js';

/** A Xen host that does nothing: its domains run, and only their consoles may say something. */
export interface QuietHost {
  readonly names: readonly string[];
  /** Where its files go. */
  readonly directory: string;
  /** Shell lines that stand for `xl console DOMID`, with the domid in `$id`; silent by default. */
  readonly console?: string;
}

/** Its files. */
export interface QuietHostFiles {
  /** The executable named `xl`. It prints listings from files. */
  readonly xl: string;
  readonly dom0Settings: string;
  readonly dom0Socket: string;
}

const SILENT = 'stty raw -echo && exec sleep infinity';

/** Writes the host, and the settings of the dom0 half on it. */
export function layOutQuietHost({ names, directory, console = SILENT }: QuietHost): QuietHostFiles {
  const file = (path: string): string => join(directory, path);
  const uuid = (at: number): string => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
  const rows = names.map(
    (name, at) => `${name.padEnd(40)} ${at + 1} 128 1 -b---- 3.6 ${uuid(at)}        -                -\n`,
  );
  const long = names.map((name, at) => ({
    domid: at + 1,
    config: { c_info: { name }, b_info: { kernel: '/srv/xen/vmlinuz', cmdline: 'console=hvc0' } },
  }));
  mkdirSync(file('etc'));
  for (const name of names) {
    const config = file(`etc/${name}.cfg`);
    const text = `name = "${name}"\nmemory = 128\nkernel = "/srv/xen/vmlinuz"\nextra = "console=hvc0"\n`;
    writeFileSync(config, text);
    writeFileSync(`${config}.json`, dryRunText(text, config).stdout);
  }
  writeFileSync(
    file('list'),
    `Name ID Mem VCPUs\tState\tTime(s) UUID Reason-Code\tSecurity Label\n${rows.join('')}`,
  );
  writeFileSync(file('long'), JSON.stringify(long));
  writeFileSync(
    file('xl'),
    `#!/bin/sh
for id; do :; done
case "$1 $2" in
  '-N create') exec cat "$3.json";;
  'list -v') exec cat '${file('list')}';;
  'list -l') exec cat '${file('long')}';;
  'console '*) ${console};;
esac
exit 1
`,
    { mode: 0o755 },
  );
  writeFileSync(
    file('dom0.yaml'),
    `host: bench
socket: ${file('dom0.sock')}
state: ${file('state')}
toolstack: {kind: xl, command: ${file('xl')}}
domains: [${file('etc/*.cfg')}]
`,
  );
  mkdirSync(file('state'), { mode: 0o700 });
  return { xl: file('xl'), dom0Settings: file('dom0.yaml'), dom0Socket: file('dom0.sock') };
}
