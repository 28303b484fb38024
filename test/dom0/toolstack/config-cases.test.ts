import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { domainConfigOf, readDomainConfig } from '../../../server/dom0/config/domain-config.js';
import { NORMAL } from '../../../policy/names.js';
import { BootProfiles } from '../../../server/dom0/boot/boot-profiles.js';
import { parseDiskSpec } from '../../../server/dom0/config/disk-spec.js';
import { parseXlDryRun, xlConfigRefusal } from '../../../server/dom0/toolstack/xl-output.js';
import { recordedCalls } from '../../support/recorded-xl.js';

interface Known {
  readonly name?: string;
  readonly memory?: number;
  readonly readable: boolean;
  readonly says?: string;
  readonly disks: readonly {
    readonly spec: string;
    readonly refused?: true;
    readonly target: string | null;
    readonly vdev: string;
    readonly writable: boolean;
    readonly cdrom: boolean;
  }[];
}

const FOLDER = fileURLToPath(new URL('../../../../test/fixtures/xl-cfg/', import.meta.url));
const KNOWN = JSON.parse(readFileSync(`${FOLDER}as-libxlutil-4.17-reads-it.json`, 'utf8')) as Readonly<
  Record<string, Known>
>;
for (const version of ['4.17', '4.20']) describeVersion(version);

function describeVersion(version: string): void {
  const RUNS = recordedCalls('42-dryrun-cases', version).map((run) => ({
    ...run,
    file: run.command.replace(/^xl -N create /, ''),
  }));

  describe(`a configuration file by the dry run of the real xl, Xen ${version}`, () => {
    it('is recorded for every file', () => {
      const files = readdirSync(FOLDER).filter((file) => file.endsWith('.cfg'));
      assert.deepEqual(RUNS.map(({ file }) => file).sort(), files.sort());
      assert.ok(files.length >= 50);
    });

    for (const { file, stdout, stderr, code } of RUNS) {
      it(`${file}: has the name, the memory and the disks that libxlutil reads`, () => {
        const known = KNOWN[file] ?? assert.fail(file);
        if (code !== 0) {
          const sentence = xlConfigRefusal(stderr, file) ?? '';
          // A carriage return in the recording became a newline.
          const said = (known.says ?? 'Domain name must be specified.').slice(0, 60).replace(/^[^\n]*:$/, '');
          assert.ok(sentence.startsWith(said.replace(/\ufeff/g, ' ').slice(0, 40)), `${sentence} | ${said}`);
          return;
        }
        const reading = parseXlDryRun(stdout) ?? assert.fail('it cannot be read');
        assert.equal(reading.name, known.name);
        assert.equal(reading.memoryMiB, known.memory);
        // A single string where xl wants a list is no disk.
        assert.deepEqual(
          reading.boot.disks.map(({ target, vdev, writable, cdrom = false }) => ({
            target,
            vdev,
            writable,
            cdrom,
          })),
          known.disks.map(({ target, vdev, writable, cdrom }) => ({
            target: target ?? '',
            vdev,
            writable,
            cdrom,
          })),
        );
      });

      it(`${file}: gives a derived file the words of the same disks, or none`, () => {
        const reading = code === 0 ? parseXlDryRun(stdout) : undefined;
        if (reading === undefined) return;
        const config = domainConfigOf(`/etc/xen/${file}`, reading, readFileSync(`${FOLDER}${file}`, 'utf8'));
        if (typeof config === 'string') {
          assert.match(config, /none that can be managed/);
          return;
        }
        assert.equal(config.uuid, null, 'the dry run drew it');
        assert.equal(config.name, reading.name);
        assert.deepEqual(
          config.diskSpecs.map(bare),
          reading.boot.disks.map((one) => bare(one)),
        );
        const quick = readDomainConfig(`/etc/xen/${file}`, readFileSync(`${FOLDER}${file}`, 'utf8'));
        if (typeof quick !== 'string') assert.equal(quick.name, config.name);
      });
    }

    it('has the disks of each specification by our own reader as well', () => {
      for (const [file, { disks }] of Object.entries(KNOWN)) {
        for (const { spec, refused, target, vdev, writable, cdrom } of disks) {
          if (refused === true) continue;
          const read = parseDiskSpec(spec);
          assert.deepEqual(
            [read.target, read.vdev, read.writable, read.cdrom ?? false],
            [target ?? '', vdev, writable, cdrom],
            `${file}: ${spec}`,
          );
        }
      }
    });

    it('has no kernel where it boots the firmware of an HVM domain, and the actions that xl leaves out', () => {
      const run = RUNS.find(({ file }) => file === 'c26-hvmbare.cfg');
      const reading = parseXlDryRun(run?.stdout ?? '');
      assert.ok(reading !== undefined);
      assert.equal(reading.boot.kernel, null);
      assert.deepEqual(reading.actions, { poweroff: 'destroy', reboot: 'restart', crash: 'destroy' });
      for (const text of ['', '{}', '[]', 'null', '{"c_info":{"name":""}}'])
        assert.equal(parseXlDryRun(text), undefined, text);
    });

    it('is the normal boot of an HVM domain that names its firmware as kernel', () => {
      const run = RUNS.find(({ file }) => file === 'c26-hvmbare.cfg');
      const reading = parseXlDryRun(run?.stdout ?? '') ?? assert.fail();
      const config = domainConfigOf(
        '/etc/xen/c26.cfg',
        reading,
        readFileSync(`${FOLDER}c26-hvmbare.cfg`, 'utf8'),
      );
      if (typeof config === 'string') assert.fail(config);
      const shown = {
        kernel: null,
        ramdisk: null,
        cmdline: null,
        bootloader: null,
        disks: reading.boot.disks,
      };
      assert.equal(new BootProfiles({}).recognise(shown, config, null), NORMAL);
    });

    it('tells what no boot profile may change from what it sets', () => {
      const made = (change: (text: string) => string): string => {
        const stdout = RUNS.find(({ file }) => file === 'a01-iso-named-noaccess.cfg')?.stdout ?? '';
        assert.notEqual(change(stdout), '');
        return parseXlDryRun(change(stdout))?.rest ?? assert.fail();
      };
      const own = made((text) => text);
      for (const [from, to] of [
        [/"uuid": "[^"]*"/, '"uuid": "other"'],
        [/"kernel": "[^"]*"/, '"kernel": "/other"'],
        [
          /"b_info": \{/,
          '"b_info": { "cmdline": "x", "ramdisk": "/r", "bootloader": "/b", "bootloader_args": ["x"],',
        ],
        [/"disks": \[/, '"disks": [ {"vdev": "xvdz"},'],
      ] as const)
        assert.equal(
          made((text) => text.replace(from, to)),
          own,
          String(from),
        );
      for (const [from, to] of [
        [/"max_memkb": \d+/, '"max_memkb": 1'],
        [/"type": "pv"/, '"type": "pvh"'],
        [/"c_info": \{/, '"nics": [ {"mac": "00:16:3e:00:00:01"} ], "c_info": {'],
        [/"on_reboot": "restart"/, '"on_reboot": "destroy"'],
        [/"b_info": \{/, '"b_info": { "nested": true,'],
      ] as const)
        assert.notEqual(
          made((text) => text.replace(from, to)),
          own,
          String(from),
        );
    });

    it('tells so of the real xl with settings over the file', () => {
      const rest = (over: string): string => {
        const call = recordedCalls('40-dryrun', version).find(
          ({ command }) =>
            command.replace(/^xl (?:-N create|create -n) \/etc\/xen\/horatio\.cfg ?/, '') === over,
        );
        return parseXlDryRun(call?.stdout ?? '')?.rest ?? assert.fail(over);
      };
      const disks = '["file:/srv/xen/horatio.img,xvda,w","file:/srv/xen/rescue.img,xvdb,r"]';
      const kernel = 'kernel="/srv/xen/rescue-vmlinuz"';
      for (const over of [
        `'disk=${disks}'`,
        `'${kernel};extra="x"'`,
        `'root="/dev/xvdb"' 'cmdline="only this"'`,
      ])
        assert.equal(rest(over), rest(''), over);
      const more = `'ramdisk="/srv/xen/rescue-initrd.gz"' 'extra="console=hvc0 domname=horatio rescue"' 'memory=96'`;
      assert.notEqual(rest(`'${kernel}' ${more}`), rest(''), 'another memory');
    });

    it('has no memory below nothing', () => {
      const text = '{"c_info":{"name":"a"},"b_info":{"max_memkb":-1024}}';
      assert.equal(parseXlDryRun(text)?.memoryMiB, null);
    });

    it('is not refused by a toolstack that did not come so far', () => {
      assert.equal(xlConfigRefusal('xl: cannot init ctx\n', '/etc/xen/x.cfg'), undefined);
      assert.equal(
        xlConfigRefusal(
          "Parsing config from /etc/xen/x.cfg\n/etc/xen/x.cfg:1: config parsing error near `(': lexical error\n",
          '/etc/xen/x.cfg',
        ),
        "x.cfg:1: config parsing error near `(': lexical error",
      );
    });
  });
}

function bare(
  disk: string | { target: string; vdev: string; writable: boolean; cdrom?: boolean },
): unknown[] {
  const { target, vdev, writable, cdrom } = typeof disk === 'string' ? parseDiskSpec(disk) : disk;
  return [target, vdev, writable, cdrom ?? false];
}
