import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const SOURCE = join(import.meta.dirname, '../../../../server/rescue-image');
const SEED = join(SOURCE, 'root/usr/local/lib/rescue/seed');
const CHROOT_IN = join(SOURCE, 'root/usr/local/sbin/chroot-in');

/** A directory with programs of the test's own, which come before the machine's. */
class StandIns extends TemporaryDirectory {
  /** @param body lines of shell; what it appends to "$LOG" is in `log()` */
  add(name: string, body: string): void {
    chmodSync(this.write(`bin/${name}`, `#!/bin/sh\n${body}\n`), 0o755);
  }

  run(
    words: readonly string[],
    { input = '', env = {} }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
    return spawnSync('/bin/sh', words, {
      encoding: 'utf8',
      input,
      env: {
        PATH: [this.file('bin'), process.env['PATH']].join(delimiter),
        LOG: this.file('log'),
        T: this.path,
        ...env,
      },
    });
  }

  log(): readonly string[] {
    return existsSync(this.file('log')) ? readFileSync(this.file('log'), 'utf8').trim().split('\n') : [];
  }
}

let here: StandIns;
beforeEach(() => {
  here = new StandIns();
});
afterEach(() => {
  here.dispose();
});

describe('the scripts of the rescue image', () => {
  it('are shell, all of them', () => {
    const scripts = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => path.endsWith('.sh') || readFileSync(path, 'utf8').startsWith('#!/bin/sh'));
    assert.ok(scripts.length >= 8, scripts.join());
    for (const script of scripts) execFileSync('/bin/sh', ['-n', script]);
  });
});

describe('build.sh', () => {
  beforeEach(() => {
    // One argument in each line. It leaves what mmdebstrap leaves.
    here.add('mmdebstrap', 'printf "%s\\n" "$@" > "$LOG"; : > "$T/out/root.tar"');
    here.add('mksquashfs', 'printf "%s\\n" "$@" > "$T/mksquashfs"; : > "$2"');
    mkdirSync(here.file('out'));
  });
  const build = (...more: string[]): readonly string[] => {
    const { status, stderr } = here.run([join(SOURCE, 'build.sh'), here.file('out'), 'trixie', ...more]);
    assert.equal(status, 0, stderr);
    return here.log();
  };
  const packages = (words: readonly string[]): readonly string[] =>
    (words.find((word) => word.startsWith('--include=')) ?? '').slice('--include='.length).split(',');

  it('asks for what people need at night', () => {
    const words = build('full', '00ff');
    for (const name of [
      ...['e2fsprogs', 'xfsprogs', 'btrfs-progs', 'lvm2', 'mdadm', 'cryptsetup-bin', 'parted', 'gdisk'],
      ...[
        'rsync',
        'openssh-client',
        'openssh-server',
        'curl',
        'tar',
        'vim',
        'nano',
        'less',
        'tmux',
        'screen',
      ],
      ...[
        'debootstrap',
        'memtester',
        'grub2-common',
        'grub-pc-bin',
        'linux-image-cloud-amd64',
        'xenstore-utils',
      ],
    ])
      assert.ok(packages(words).includes(name), name);
    assert.ok(!packages(words).includes('') && !packages(words).some((name) => /[^a-z0-9+.-]/.test(name)));
    assert.deepEqual(words.slice(-2), ['trixie', here.file('out/root.tar')]);
    assert.ok(words.includes(`--mode=${process.getuid?.() === 0 ? 'root' : 'unshare'}`));
    assert.ok(words.includes('--dpkgopt=path-exclude=/usr/share/initramfs-tools/hooks/mdadm'));
    const squash = readFileSync(here.file('mksquashfs'), 'utf8');
    assert.match(squash, /^-root-mode\n0755\n/m, 'sshd trusts no directory that all may write to');
  });

  it('makes a small one by the same steps, with fewer packages', () => {
    const small = packages(build('small', '00ff'));
    for (const name of ['openssh-server', 'xenstore-utils', 'systemd-sysv', 'e2fsprogs', 'nano'])
      assert.ok(small.includes(name), name);
    for (const name of ['vim', 'lvm2', 'debootstrap']) assert.ok(!small.includes(name), name);
  });

  it('gives mirrors last, one word each, and leaves its own files nowhere', () => {
    const words = build('full', '00ff', 'deb http://a.example b main', 'http://c.example/');
    assert.deepEqual(words.slice(-2), ['deb http://a.example b main', 'http://c.example/']);
    assert.deepEqual(readdirSync(here.file('out')), ['rescue.squashfs']);
  });

  it('fails when a step fails', () => {
    here.add('mmdebstrap', 'exit 7');
    const { status } = here.run([join(SOURCE, 'build.sh'), here.file('out'), 'trixie', 'full', '00ff']);
    assert.equal(status, 7);
    assert.ok(!existsSync(here.file('out/rescue.squashfs')));
  });
});

describe('the seed disk, as the rescue system reads it', () => {
  const KEY = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'b'.repeat(43)}`;
  const read = (
    files: Readonly<Record<string, string>>,
    { word = 'postern.seed=xvdy', ro = '1', label = 'CIDATA', type = 'iso9660', sleep = 1 } = {},
  ): void => {
    here.write('cmdline', `console=hvc0 root=/dev/xvdz quiet ${word}\n`);
    here.write('block/xvdy/ro', `${ro}\n`);
    here.write('block/xvda/ro', '1\n');
    for (const [name, text] of Object.entries(files)) here.write(`content/${name}`, text);
    mkdirSync(here.file('content'), { recursive: true });
    here.add('blkid', `case "$*" in *LABEL*) echo '${label}' ;; *) echo '${type}' ;; esac`);
    // The last word is where to; the words are kept.
    here.add('mount', 'echo "mount $*" >> "$LOG"; for at; do :; done; cp -a "$T/content/." "$at"');
    here.add('umount', 'echo "umount $*" >> "$LOG"; rm -rf "$1"');
    // The clock goes on by what a sleep takes, in seconds.
    here.write('uptime', '100.00 90.00\n');
    here.add(
      'sleep',
      `echo . >> "$T/sleeps"; echo "$((100 + ${sleep} * $(grep -c . "$T/sleeps"))).00 90.00" > "$T/uptime"`,
    );
    const { status, stderr } = here.run([SEED], {
      env: {
        RESCUE_CMDLINE: here.file('cmdline'),
        RESCUE_BLOCKS: here.file('block'),
        RESCUE_DEVICES: here.file('dev'),
        RESCUE_SEED: here.file('seed'),
        RESCUE_NETWORKS: here.file('networks'),
        RESCUE_UPTIME: here.file('uptime'),
      },
    });
    assert.equal(status, 0, stderr);
  };
  const text = (name: string): string =>
    existsSync(here.file(name)) ? readFileSync(here.file(name), 'utf8') : '';

  it('gives keys, host name and network, and is unmounted', () => {
    read({ authorized_keys: `${KEY} alice\n`, hostname: 'horatio\n', network: '[Match]\nName=e*\n' });
    assert.equal(text('seed/authorized_keys'), `${KEY} alice\n`);
    assert.equal(text('seed/hostname'), 'horatio\n');
    assert.equal(text('networks/10-seed.network'), '[Match]\nName=e*\n');
    // networkd is not root.
    for (const [path, mode] of [
      ['networks', 0o755],
      ['networks/10-seed.network', 0o644],
    ] as const)
      assert.equal(statSync(here.file(path)).mode & 0o777, mode, path);
    assert.equal(text('seed/notes'), '');
    assert.deepEqual(here.log(), [
      `mount -t iso9660 -o ro,nosuid,nodev,noexec ${here.file('dev/xvdy')} ${here.file('seed/disk')}`,
      `umount ${here.file('seed/disk')}`,
    ]);
  });

  it('takes keys of all types, security keys included', () => {
    const keys = [
      'ssh-ed25519',
      'ssh-rsa',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
      'ecdsa-sha2-nistp521',
      'sk-ssh-ed25519@openssh.com',
      'sk-ecdsa-sha2-nistp256@openssh.com',
    ].map((type) => `${type} AAAAB3Nza== alice\n`);
    read({ authorized_keys: keys.join('') });
    assert.equal(text('seed/authorized_keys'), keys.join(''));
  });

  it('drops whatever is no plain key, and says so', () => {
    const bad = [
      `command="/bin/sh" ${KEY} alice`,
      `cert-authority ${KEY} alice`,
      `environment="LD_PRELOAD=/x" ${KEY}`,
      'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1l alice',
      'ssh-dss AAAAB3Nza alice',
      `${KEY} alice\u001b[2J`,
      `${KEY} a\tb`,
      `  ${KEY}`,
      `${KEY}\u0000`,
      '# a comment',
      'PermitRootLogin yes',
    ];
    read({ authorized_keys: `${bad.join('\n')}\n${KEY} good\n` });
    assert.equal(text('seed/authorized_keys'), `${KEY} good\n`);
    assert.match(text('seed/notes'), new RegExp(`^${bad.length} lines of the seed disk are no keys`));
  });

  it('gives no keys by a disk that the customer could have made', () => {
    // Each is a disk of a customer, or one that anybody wrote to, with a key of an attacker on it.
    for (const [how, note] of [
      [{ ro: '0' }, /is writable, so it is not the seed disk: no keys, so no SSH/],
      [{ label: 'cidata2' }, /is not labelled CIDATA/],
      [{ type: 'ext4' }, /cannot be read/],
      [{ word: '' }, /this boot has no seed disk/],
      [{ word: 'postern.seed=../xvda' }, /is not one/],
      [{ word: 'postern.seed=xvdq' }, /there is no seed disk \/dev\/xvdq/],
    ] as const) {
      read({ authorized_keys: `${KEY} mallory\n`, hostname: 'evil', network: '[Match]\n' }, how);
      assert.equal(text('seed/authorized_keys'), '', JSON.stringify(how));
      assert.equal(text('networks/10-seed.network'), '');
      assert.match(text('seed/notes'), note);
      assert.deepEqual(here.log(), []);
    }
  });

  it('waits 5 s for the disk by the clock, also where each sleep takes longer', () => {
    read({}, { word: 'postern.seed=xvdq', sleep: 4 });
    assert.equal(text('sleeps'), '.\n.\n');
    assert.match(text('seed/notes'), /there is no seed disk/);
  });

  it('follows no links, and forgets the keys of the boot before', () => {
    here.write('elsewhere', `${KEY} mallory\n`);
    here.write('seed/authorized_keys', `${KEY} before\n`);
    mkdirSync(here.file('content'));
    symlinkSync(here.file('elsewhere'), here.file('content/authorized_keys'));
    read({});
    assert.equal(text('seed/authorized_keys'), '');
    assert.match(text('seed/notes'), /the seed disk has no keys, so no SSH/);
  });

  it('leaves out a host name that is not one', () => {
    for (const name of ['a;reboot', '-x', 'x'.repeat(64), '$(id)', 'a b', '../x', '']) {
      read({ authorized_keys: `${KEY}\n`, hostname: name });
      assert.equal(text('seed/hostname'), '', name);
    }
    read({ hostname: 'ok-1\nsecond line\n' });
    assert.equal(text('seed/hostname'), 'ok-1\n');
  });

  it('cuts what is too long', () => {
    read({ authorized_keys: `${KEY} x\n`.repeat(2_000), network: 'x'.repeat(100_000) });
    assert.equal(text('seed/authorized_keys'), `${KEY} x\n`.repeat(200));
    assert.equal(text('networks/10-seed.network').length, 16_384);
  });
});

describe('SSH in the rescue system', () => {
  it('has a new host key, tells the host its fingerprint, and has none without a key of the customer', () => {
    here.add(
      'ssh-keygen',
      `case "$*" in
  *-lf*) echo '256 SHA256:${'k'.repeat(43)} rescue (ED25519)' ;;
  *) for at; do :; done; echo key > "$at"; echo key > "$at.pub" ;;
esac`,
    );
    here.add('xenstore-write', 'echo "$*" >> "$LOG"; exit 1');
    const make = (): number | null =>
      here.run([join(SOURCE, 'root/usr/local/lib/rescue/host-key')], {
        env: { RESCUE_SEED: here.file('seed') },
      }).status;
    mkdirSync(here.file('seed'));
    assert.equal(make(), 0);
    assert.ok(!existsSync(here.file('seed/ssh_host_ed25519_key')));
    assert.deepEqual(here.log(), []);
    here.write('seed/authorized_keys', 'ssh-ed25519 AAAA\n');
    assert.equal(make(), 0, 'a store that cannot be written costs no SSH');
    assert.ok(existsSync(here.file('seed/ssh_host_ed25519_key')));
    assert.deepEqual(here.log(), [`data/postern/ssh-host-key SHA256:${'k'.repeat(43)}`]);
  });

  it('starts only with a key of the seed disk, and takes nothing but keys', () => {
    const unit = readFileSync(join(SOURCE, 'root/etc/systemd/system/rescue-sshd.service'), 'utf8');
    assert.match(unit, /^ConditionFileNotEmpty=\/run\/rescue\/seed\/authorized_keys$/m);
    assert.match(unit, /^ExecStart=\/usr\/sbin\/sshd -D -f \/etc\/ssh\/rescue_sshd_config$/m);
    const settings = readFileSync(join(SOURCE, 'root/etc/ssh/rescue_sshd_config'), 'utf8').split('\n');
    for (const line of [
      'AuthenticationMethods publickey',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'HostbasedAuthentication no',
      'PermitEmptyPasswords no',
      'PermitRootLogin prohibit-password',
      'AuthorizedKeysFile /run/rescue/seed/authorized_keys',
      'HostKey /run/rescue/seed/ssh_host_ed25519_key',
      'PermitUserEnvironment no',
    ])
      assert.ok(settings.includes(line), line);
    assert.equal(
      settings.filter((line) => /^(HostKey|AuthorizedKeys|Include|TrustedUserCA)/.test(line)).length,
      2,
    );
    const finish = readFileSync(join(SOURCE, 'finish.sh'), 'utf8');
    for (const word of ['ssh.service', 'ssh.socket', 'sshd-keygen.service', 'systemd-ssh-generator'])
      assert.ok(finish.includes(word), `${word} is masked`);
    assert.match(finish, /^rm -f \/etc\/ssh\/ssh_host_\*/m);
    assert.match(finish, /^usermod -p '\*' root$/m);
  });
});

describe('the console of the rescue system', () => {
  it('has a shell without waiting for udev or sshd, which a busy host may delay for minutes', () => {
    const unit = readFileSync(join(SOURCE, 'root/etc/systemd/system/rescue-console.service'), 'utf8');
    assert.match(unit, /^TTYPath=\/dev\/hvc0$/m);
    assert.match(unit, /^After=rescue-seed\.service$/m);
    assert.doesNotMatch(unit, /^(?:BindsTo|Requires)=|sshd|\.device/m);
    const finish = readFileSync(join(SOURCE, 'finish.sh'), 'utf8');
    assert.match(finish, /^systemctl enable .* rescue-console\.service$/m);
    assert.ok(finish.includes('serial-getty@hvc0.service'), 'two would read one keyboard');
  });

  it('knows the host key before sshd runs, and has none without a key to log in with', () => {
    const env = { RESCUE_SEED: here.file('seed') };
    const make = (): void => {
      const { status, stderr } = here.run([join(SOURCE, 'root/usr/local/lib/rescue/host-key')], { env });
      assert.equal(status, 0, stderr);
    };
    const file = here.file('seed/ssh_host_ed25519_key.pub');
    here.write('seed/authorized_keys', '');
    make();
    assert.ok(!existsSync(file));
    here.write('seed/authorized_keys', 'ssh-ed25519 AAAA alice\n');
    make();
    const first = readFileSync(file, 'utf8');
    assert.match(first, /^ssh-ed25519 /);
    make();
    assert.equal(readFileSync(file, 'utf8'), first, 'one key for a boot');
  });
});

describe('chroot-in', () => {
  beforeEach(() => {
    here.write('lsblk', '');
    here.add(
      'lsblk',
      'case "$*" in *"--output TYPE"*) cat "$T/types" 2>/dev/null ;; *) cat "$T/lsblk" ;; esac; exit 0',
    );
    // A disk is a directory of the test's; mounting links what is in it, unmounting removes the links.
    here.add(
      'mount',
      `echo "mount $*" >> "$LOG"
case "$*" in *--bind*|*proc*|*sysfs*|*tmpfs*) exit 0 ;; esac
for word; do from=$at; at=$word; done
[ -d "$T/disks/$(basename "$from")" ] || exit 32
for one in "$T/disks/$(basename "$from")"/*; do
  if [ -L "$one" ]; then cp -P "$one" "$at/"; elif [ -d "$one" ]; then cp -a "$one" "$at/"; fi
done
exit 0`,
    );
    here.add('umount', 'echo "umount $*" >> "$LOG"; for at; do :; done; rm -rf "$at"/*; exit "${UMOUNT:-0}"');
    here.add('mountpoint', 'exit "${MOUNTPOINT:-1}"');
    // It gets no variables but those of the new system.
    here.add('chroot', `echo "chroot $*" >> '${here.file('log')}'; . '${here.file('chroot-exit')}'`);
    here.write('chroot-exit', 'exit 0');
    here.add('fuser', 'echo "fuser $*" >> "$LOG"');
    here.add('sync', ':');
  });

  /** @param disks types by device, with the content of the system's /etc/fstab; null for a disk without a system */
  function attach(disks: Readonly<Record<string, readonly [type: string, fstab: string | null]>>): void {
    let list = 'xvdz squashfs\n/dev/xvdz squashfs\n/dev/xvdy iso9660\n/dev/xvda \n';
    for (const [device, [type, fstab]] of Object.entries(disks)) {
      list += `/dev/${device} ${type}\n`;
      if (!/^(ext|xfs|btrfs)/.test(type)) continue;
      for (const place of fstab === null
        ? ['data']
        : ['dev', 'proc', 'sys', 'run', 'etc', 'boot/efi', 'usr', 'var'])
        mkdirSync(here.file(`disks/${device}/${place}`), { recursive: true });
      if (fstab !== null) writeFileSync(here.file(`disks/${device}/etc/fstab`), fstab);
    }
    here.write('lsblk', list);
  }
  const enter = (
    words: readonly string[] = [],
    more: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): ReturnType<StandIns['run']> => here.run([CHROOT_IN, '--at', here.file('at'), ...words], more);

  it('finds the one system, mounts it with its /boot, enters it, and unmounts it', () => {
    attach({
      xvda1: [
        'ext4',
        'UUID=aa-1 / ext4 defaults 0 1\nUUID=bb-2 /boot ext4 defaults 0 2\n/dev/xvdb /home ext4\n',
      ],
      xvda2: ['swap', null],
      xvdb: ['xfs', null],
    });
    const { status, stdout, stderr } = enter(['--', 'update-grub']);
    const at = here.file('at');
    assert.equal(status, 0, stderr);
    const log = here.log();
    const looked = log.filter((line) => /nosuid/.test(line));
    assert.match(looked[0] ?? '', /^mount -t ext4 -o ro,noload,nosuid,nodev,noexec \/dev\/xvda1 /);
    assert.match(looked[1] ?? '', /^mount -t xfs -o ro,norecovery,nosuid,nodev,noexec \/dev\/xvdb /);
    assert.equal(looked.length, 2);
    const from = log.indexOf(`mount -t ext4 -o rw /dev/xvda1 ${at}`);
    assert.ok(from > 0, log.join('\n'));
    assert.equal(log[from + 1], `mount -t ext4 -o nodev UUID=bb-2 ${at}/boot`);
    for (const place of ['dev', 'proc', 'sys', 'run'])
      assert.ok(
        log.some((line) => line.startsWith('mount ') && line.endsWith(`${at}/${place}`)),
        place,
      );
    assert.match(log.at(-2) ?? '', new RegExp(`^chroot ${at} update-grub$`));
    assert.equal(log.at(-1), `umount -R ${at}`);
    assert.match(stdout, /\/dev\/xvda1 is unmounted\./);
    assert.ok(!log.some((line) => line.includes('/home')));
  });

  it('asks which one when there are several, and without a terminal asks to name it', () => {
    attach({ xvda1: ['ext4', ''], xvdb1: ['xfs', ''] });
    const silent = enter(['--', 'true']);
    assert.equal(silent.status, 1);
    assert.match(
      silent.stderr,
      /1 {2}\/dev\/xvda1 \(ext4\)\n +2 {2}\/dev\/xvdb1 \(xfs\)[^]*name one: chroot-in DEVICE/,
    );
    const asks = { CHROOT_IN_ASKS: 'yes' };
    assert.equal(enter(['--', 'true'], { input: '2\n', env: asks }).status, 0);
    assert.ok(here.log().includes(`mount -t xfs -o rw /dev/xvdb1 ${here.file('at')}`));
    for (const input of ['', '3\n', 'x\n', '-1\n', '0\n', '1;reboot\n']) {
      const { status, stderr } = enter(['--', 'true'], { input, env: asks });
      assert.equal(status, 1, input);
      assert.match(stderr, /there is no number/);
    }
  });

  it('says how to open LVM, LUKS and RAID, and opens nothing by itself', () => {
    attach({
      xvda1: ['LVM2_member', null],
      xvda2: ['crypto_LUKS', null],
      xvda3: ['linux_raid_member', null],
    });
    const { status, stderr } = enter();
    assert.equal(status, 1);
    assert.match(stderr, /no disk has a system that can be mounted/);
    assert.match(stderr, /\/dev\/xvda1 is a disk of LVM.*vgchange -ay/);
    assert.match(stderr, /\/dev\/xvda2 is encrypted \(LUKS\).*cryptsetup open \/dev\/xvda2 customer/);
    assert.match(stderr, /\/dev\/xvda3 is part of a RAID.*mdadm --assemble --scan/);
    assert.deepEqual(here.log(), []);
    here.write('types', 'disk\nlvm\ncrypt\nraid1\n');
    assert.doesNotMatch(enter(['--list']).stdout, /LVM|LUKS|RAID/);
  });

  it('unmounts after a command that fails, with its exit status', () => {
    attach({ xvda1: ['ext4', ''] });
    here.write('chroot-exit', 'exit 3');
    assert.equal(enter(['--', 'false']).status, 3);
    assert.equal(here.log().at(-1), `umount -R ${here.file('at')}`);
    here.write('chroot-exit', 'exit 127');
    const { status, stderr } = enter(['--', 'bash']);
    assert.equal(status, 127);
    assert.match(stderr, /bash does not run in this system; .*mount \/dev\/xvda1 \/mnt/);
    assert.equal(here.log().at(-1), `umount -R ${here.file('at')}`);
  });

  it('names the processes that hold the system, and how to unmount it then', () => {
    attach({ xvda1: ['ext4', ''] });
    const { status, stderr } = enter(['--', 'true'], { env: { UMOUNT: '1' } });
    assert.equal(status, 1);
    assert.match(stderr, /is still in use by these processes; end them, then: umount -R /);
    assert.equal(here.log().at(-1), `fuser -vm ${here.file('at')}`);
  });

  it('mounts nothing over links and other file systems that a broken-in system brings', () => {
    attach({
      xvda1: [
        'ext4',
        [
          'tmpfs /usr tmpfs exec',
          '//attacker/share /var cifs guest',
          '$(reboot) /boot/efi vfat defaults',
          '/dev/xvdb /boot ext4 defaults,suid,dev',
        ].join('\n'),
      ],
    });
    const boot = here.file('disks/xvda1/boot');
    execFileSync('rm', ['-r', boot]);
    symlinkSync('/etc', boot);
    const { stderr } = enter(['--', 'true']);
    assert.match(stderr, /\/boot of its fstab is no plain directory there, and is left out/);
    assert.ok(
      !here.log().some((line) => /xvdb|attacker|reboot|tmpfs \/usr| exec/.test(line)),
      here.log().join('\n'),
    );
  });

  it('refuses a system whose /proc leads elsewhere, and leaves nothing mounted', () => {
    attach({ xvda1: ['ext4', ''] });
    execFileSync('rm', ['-r', here.file('disks/xvda1/proc')]);
    symlinkSync('/etc', here.file('disks/xvda1/proc'));
    const { status, stderr } = enter(['--', 'true']);
    assert.equal(status, 1);
    assert.match(stderr, /\/proc is no plain directory on \/dev\/xvda1/);
    assert.equal(here.log().at(-1), `umount -R ${here.file('at')}`);
    assert.ok(!here.log().some((line) => line.startsWith('chroot')));
  });

  it('says what checks a file system that cannot be mounted', () => {
    here.write('lsblk', '/dev/xvda1 ext4\n/dev/xvda2 xfs\n');
    const { status, stderr } = enter();
    assert.equal(status, 1);
    assert.match(stderr, /\/dev\/xvda1 \(ext4\) cannot be mounted; look at it with: fsck -f \/dev\/xvda1/);
    assert.match(stderr, /xfs_repair -n \/dev\/xvda2/);
  });

  it('refuses to mount over what is mounted there, and words that it does not know', () => {
    attach({ xvda1: ['ext4', ''] });
    const { status, stderr } = enter([], { env: { MOUNTPOINT: '0' } });
    assert.equal(status, 1);
    assert.match(stderr, /is in use: another chroot-in has it, or: umount -R/);
    assert.equal(enter(['--frobnicate']).status, 2);
    assert.equal(enter(['/dev/xvda1', '/dev/xvdb1']).status, 2);
    assert.equal(enter(['--help']).status, 0);
    assert.deepEqual(here.log(), []);
  });
});
