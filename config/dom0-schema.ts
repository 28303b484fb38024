import { CHOOSERS, MOST_PARAMETERS } from '../policy/boot-parameter.js';
import { GUEST_TYPES } from '../policy/guest-type.js';
import type { SchemaValue } from '../policy/schema-value.js';
import { AT_ENDS } from '../server/wire/rescue-end.js';
import { SEED_KEYS } from '../server/wire/seed-key.js';
import { TEXT_LIMITS } from '../server/wire/text-limits.js';
import { integer, LOG, section, TEXT } from './settings-schema.js';

const PROFILE_WORDS = {
  title: {
    type: 'string',
    minLength: 1,
    maxLength: TEXT_LIMITS.title,
    description: 'A few words for a row of the menu.',
  },
  disks: {
    type: 'string',
    minLength: 1,
    maxLength: TEXT_LIMITS.sentence,
    description:
      "What will happen to the domain's disks: a sentence that the customer reads before they confirm.",
  },
  hint: {
    type: 'string',
    maxLength: TEXT_LIMITS.sentence,
    default: '',
    description: 'What to do once it runs: a sentence for the customer.',
  },
  seed: {
    enum: [...SEED_KEYS, null],
    default: null,
    description:
      'Boots with a seed disk (`xvdy`, label `CIDATA`) that has the host name, the network, and SSH keys: those of the customer who asks (`asker`), or of all owners of the domain (`owners`). Without it, no seed disk and no keys.',
  },
} as const;

const PROFILE_END = {
  keep: {
    type: 'boolean',
    default: false,
    description: 'Whether a domain runs it without an end, whatever the policy says of rescues.',
  },
  atEnd: {
    type: 'string',
    enum: [...AT_ENDS],
    default: 'normal',
    description:
      'What happens when the time of a rescue is over (`rescues:` of the policy). `normal`: a shutdown, then a normal boot. A guest that ignores the shutdown runs on, and is asked again every ten minutes; a paused one waits until it goes on. `reset`: the same, but such a guest is powered off. `poweroff`: a shutdown, or else a power-off, and the domain stays off. A guest that has crashed is always powered off.',
  },
} as const;

const pathOrNull = (description: string) =>
  ({ type: ['string', 'null'], minLength: 1, maxLength: 4096, default: null, description }) as const;

const DISK = { type: 'string', minLength: 1, maxLength: 1000 } as const;

const PARAMETERS = {
  type: 'object',
  default: {},
  maxProperties: MOST_PARAMETERS,
  propertyNames: {
    type: 'string',
    pattern: '^[a-z][a-z0-9-]{0,31}$',
    patternErrorMessage: 'small letters, digits and -, beginning with a letter, at most 32',
  },
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    required: ['title'],
    properties: {
      title: {
        type: 'string',
        minLength: 1,
        maxLength: 40,
        description: 'A few words that the customer reads with the value.',
      },
      values: {
        type: ['array', 'null'],
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string' },
        default: null,
        description: 'The values that it may have.',
      },
      pattern: {
        type: ['string', 'null'],
        minLength: 1,
        maxLength: 500,
        default: null,
        description:
          'Or a regular expression that the whole value must match. One of `values` and `pattern` is needed.',
      },
      chooser: {
        type: 'string',
        enum: [...CHOOSERS],
        default: 'admin',
        description:
          '`admin`: an admin sets it for each domain. `customer`: the customer chooses one of `values` at each boot; a value that an admin has set for the domain, or the default, comes first.',
      },
      default: {
        type: ['string', 'null'],
        default: null,
        description:
          'The value for domains that have none. Without a default, such domains cannot boot with the profile.',
      },
    },
  },
  description:
    'Words of `extra` that an admin sets for each domain (`postern domain set`): names, each with its title and its rule. A value is always one word of the command line, whatever the rule.',
} as const;

/** HVM boots neither kernels of the host nor PV-GRUB or pygrub. */
const KERNEL_TYPES = GUEST_TYPES.filter((type) => type !== 'hvm');

const types = (byDefault: string) =>
  ({
    type: ['array', 'null'],
    minItems: 1,
    uniqueItems: true,
    items: { type: 'string', enum: KERNEL_TYPES },
    default: null,
    description: `The types of guests that it boots. It is not offered to others. ${byDefault}`,
  }) as const;

const DIRECT_PROFILE = {
  title: 'kind: direct',
  description: "A kernel and a ramdisk of dom0's own: the safest.",
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'title', 'disks', 'kernel'],
  properties: {
    kind: { const: 'direct', description: 'Boots a kernel that dom0 owns.' },
    ...PROFILE_WORDS,
    ...PROFILE_END,
    types: types('Both `pv` and `pvh` when not given.'),
    kernel: { ...TEXT, description: 'Absolute path of the kernel.' },
    ramdisk: pathOrNull('Absolute path of the ramdisk.'),
    extra: {
      type: 'string',
      maxLength: 2000,
      default: '',
      description:
        "The kernel's command line. `${NAME}` is the value of a parameter, `${domain}` the domain's name.",
    },
    parameters: PARAMETERS,
    addDisks: {
      type: 'array',
      default: [],
      items: DISK,
      description:
        "Disks that are added after the domain's own, as xl disk specifications (xl-disk-configuration(5)).",
    },
  },
} as const;

const DISK_PROFILE = {
  title: 'kind: disk',
  description: "A rescue disk in front of the domain's own, booted by PV-GRUB or pygrub.",
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'title', 'disks', 'disk'],
  properties: {
    kind: { const: 'disk', description: 'Boots from a rescue disk.' },
    ...PROFILE_WORDS,
    ...PROFILE_END,
    types: types('When not given: `pv` with `kernel`, both `pv` and `pvh` with `bootloader`.'),
    disk: {
      ...DISK,
      description: 'The rescue disk, an xl disk specification; it comes first and is always read-only.',
    },
    kernel: pathOrNull('Absolute path of a PV-GRUB image that boots the disk.'),
    kernels: {
      type: ['object', 'null'],
      additionalProperties: false,
      minProperties: 1,
      default: null,
      properties: {
        pv: pathOrNull(
          'Absolute path of the image for PV guests: Debian has `/usr/lib/grub-xen/grub-x86_64-xen.bin`.',
        ),
        pvh: pathOrNull('The same for PVH guests: `/usr/lib/grub-xen/grub-i386-xen_pvh.bin`.'),
      },
      description: 'Instead of `kernel`, an image for each type of guest. These are its `types` then.',
    },
    bootloader: pathOrNull(
      'A boot loader that reads the disk in dom0: `pygrub` or an absolute path. As root, unless `toolstack.environment` sets LIBXL_BOOTLOADER_RESTRICT (install-dom0.md); then it shows no menu. One of `kernel`, `kernels` and `bootloader` is needed.',
    ),
  },
} as const;

const CDROM_PROFILE = {
  title: 'kind: cdrom',
  description: 'A CD image that an HVM guest boots instead of its disk.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'title', 'disks', 'disk'],
  properties: {
    kind: { const: 'cdrom', description: 'Boots an HVM guest from a CD image.' },
    ...PROFILE_WORDS,
    ...PROFILE_END,
    disk: {
      ...DISK,
      description:
        'The CD image, an xl disk specification with `devtype=cdrom`, at `hdc` or `hdd`. Read-only, like every CD. CD drives of the guest are left out meanwhile.',
    },
  },
} as const;

const OWN_PROFILE = {
  title: 'kind: own',
  description:
    "The domain's own kernel with more words on its command line, or an older kernel of dom0's in its place. Refused for domains that boot by a boot loader or by firmware.",
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'title', 'disks'],
  properties: {
    kind: { const: 'own', description: "Boots as the domain's own configuration says, with more words." },
    ...PROFILE_WORDS,
    types: {
      ...types('All when not given: a boot loader is refused with a sentence that tells how to do it there.'),
      items: { type: 'string', enum: [...GUEST_TYPES] },
    },
    extra: {
      type: 'string',
      maxLength: 2000,
      default: '',
      description:
        "Words at the end of the domain's own command line: `single`, `init=/bin/sh`. `${NAME}` is the value of a parameter, `${domain}` the domain's name. Needed unless there is a `kernel`.",
    },
    parameters: PARAMETERS,
    kernel: pathOrNull("Absolute path of a kernel in place of the domain's own."),
    ramdisk: pathOrNull('Absolute path of the ramdisk of `kernel`; without it that kernel has none.'),
  },
} as const;

const IMAGE = {
  title: 'an image',
  description: 'A raw image of a whole disk, with its boot loader (docs/reinstall.md).',
  type: 'object',
  additionalProperties: false,
  required: ['title', 'file', 'sha256'],
  properties: {
    title: PROFILE_WORDS.title,
    file: { ...TEXT, description: 'Absolute path of the image: a raw one. It may be sparse.' },
    sha256: {
      type: 'string',
      pattern: '^[0-9a-f]{64}$',
      patternErrorMessage: '64 digits 0-9a-f, as sha256sum prints them',
      description: 'The SHA-256 of the file. An image with another one is not written.',
    },
    seed: PROFILE_WORDS.seed,
    minimumMiB: {
      type: ['integer', 'null'],
      minimum: 1,
      maximum: 1_073_741_824,
      default: null,
      description: "The least size of the disk, in MiB. When not given, the image's own size.",
    },
    types: {
      type: ['array', 'null'],
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', enum: GUEST_TYPES },
      default: null,
      description: 'The types of guests that can run it; all when not given.',
    },
  },
} as const;

/** dom0.yaml as JSON Schema draft 2020-12. */
export const DOM0_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Postern: dom0.yaml',
  type: 'object',
  additionalProperties: false,
  required: ['host'],
  properties: {
    host: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$',
      patternErrorMessage: 'a name of letters, digits, . and -, at most 63',
      description: "This Xen host's name, for people.",
    },
    socket: {
      ...TEXT,
      default: '/run/postern/dom0.sock',
      description:
        'The Unix socket that the gate connects to. A second one beside it, `.root` at its end, is for root alone.',
    },
    socketGroup: {
      type: ['string', 'null'],
      pattern: '^[a-z_][a-z0-9_-]{0,31}$',
      patternErrorMessage: 'a Unix group',
      default: null,
      description: 'The Unix group that may open the socket (mode 0660); null: only root (0600).',
    },
    state: {
      ...TEXT,
      default: '/var/lib/postern-dom0',
      description: 'Directory for the operations journal and the console logs.',
    },
    toolstack: section('The program that manages the domains.', {
      kind: { type: 'string', enum: ['xl', 'xm'], default: 'xl', description: 'Which program it is.' },
      command: { ...TEXT, default: '/usr/sbin/xl', description: 'Absolute path of the program.' },
      environment: {
        type: 'object',
        default: {},
        propertyNames: {
          type: 'string',
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          patternErrorMessage: 'letters, digits and _, not beginning with a digit',
        },
        additionalProperties: { type: 'string' },
        description: 'Environment variables for the program, on top of a fixed few. It gets no others.',
      },
      consoleEscapeOption: {
        type: 'boolean',
        default: false,
        description:
          "Whether the program's `console` takes another escape character (`-e`), so that Ctrl-] can be sent to a guest.",
      },
      timeoutSeconds: integer(30, 1, 600, 'Seconds after which a call that only asks is given up.'),
    }),
    domains: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: TEXT,
      default: ['/etc/xen/*.cfg'],
      description: 'Globs (`*`, `?` in the last part) of the configuration files of the managed domains.',
    },
    unmanaged: {
      type: 'array',
      uniqueItems: true,
      items: { type: 'string' },
      default: [],
      description:
        'Names of domains that customers never reach, whatever roles say. They never reach Domain-0 either.',
    },
    profiles: {
      type: 'object',
      default: {},
      propertyNames: {
        type: 'string',
        pattern: '^[a-z][a-z0-9-]{0,31}$',
        patternErrorMessage: 'small letters, digits and -, beginning with a letter, at most 32',
      },
      additionalProperties: {
        type: 'object',
        discriminator: { propertyName: 'kind' },
        oneOf: [DIRECT_PROFILE, DISK_PROFILE, CDROM_PROFILE, OWN_PROFILE],
      },
      description:
        "Ways to boot besides a domain's own configuration, by name. Paths stay here and never cross the socket.",
    },
    seeds: section('The seed disks of the profiles with `seed` (docs/rescue-images.md).', {
      command: {
        ...TEXT,
        default: '/usr/bin/xorriso',
        description: 'Absolute path of xorriso, which makes the seed disks.',
      },
      xenstoreRead: {
        ...TEXT,
        default: '/usr/bin/xenstore-read',
        description:
          'Absolute path of xenstore-read, by which a rescue system with a seed disk tells the fingerprint of its SSH host key.',
      },
      networks: {
        type: 'array',
        default: [],
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['subnet'],
          properties: {
            subnet: { ...TEXT, description: 'The network, as `192.0.2.0/24` or `2001:db8::/64`.' },
            bridge: {
              type: ['string', 'null'],
              pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$',
              patternErrorMessage: 'the name of a bridge',
              default: null,
              description: 'Only for interfaces on this bridge; null: on any.',
            },
            gateway: {
              type: ['string', 'null'],
              default: null,
              description: 'The address of the gateway. It may be outside the subnet.',
            },
            nameServers: {
              type: 'array',
              default: [],
              maxItems: 8,
              uniqueItems: true,
              items: TEXT,
              description: 'The addresses of name servers.',
            },
            addresses: {
              type: 'object',
              default: {},
              additionalProperties: TEXT,
              description:
                "Addresses by domain, for domains whose `vif` has no `ip=` in this subnet. The `ip=` of the domain's own configuration comes first.",
            },
          },
        },
        description:
          "Where a domain's addresses get prefix, gateway and name servers from. An address in none of these networks is left out.",
      },
    }),
    images: {
      type: 'object',
      default: {},
      maxProperties: 100,
      propertyNames: {
        type: 'string',
        pattern: '^[a-z][a-z0-9-]{0,31}$',
        patternErrorMessage: 'small letters, digits and -, beginning with a letter, at most 32',
      },
      additionalProperties: IMAGE,
      description:
        'System images that customers may write over the first disk of their domain (`reinstall`), by name. The policy says who may. Only with `xl`.',
    },
    reinstall: section('Writing a system image to a disk.', {
      mibPerSecond: integer(
        200,
        1,
        100_000,
        'MiB written in a second at most, so that the disks of others stay quick.',
      ),
    }),
    limits: section(
      "Limits of this half's own, whatever the gate asks. A start that is refused counts for none of them: a domain may have 20 of these at once, then one in ten seconds.",
      {
        createsPerDomain: section('How often a domain may be created.', {
          count: integer(20, 1, 100_000, 'Creates of one domain in the window.'),
          windowSeconds: integer(3_600, 1, 31_622_400, 'The sliding window, in seconds.'),
        }),
        powerOffsPerMinute: integer(30, 1, 100_000, 'Power-offs in a minute, over all domains.'),
      },
    ),
    deadlines: section('When a step of an operation is given up.', {
      shutdownSeconds: integer(120, 1, 3_600, 'Seconds for a guest to shut down.'),
      createSeconds: integer(120, 1, 3_600, 'Seconds for a domain to be created.'),
      rebootSeconds: integer(180, 1, 3_600, 'Seconds for a guest to go down and be there again.'),
      destroySeconds: integer(60, 1, 3_600, 'Seconds for a domain to be gone after a power-off.'),
    }),
    acpiButton: {
      type: 'boolean',
      default: true,
      description:
        'Whether an HVM guest without Xen drivers is asked to shut down by its ACPI power button (`xl shutdown -F`). Otherwise such a guest can only be powered off.',
    },
    observe: section('Looking at what the domains do.', {
      intervalSeconds: {
        type: 'number',
        default: 2,
        minimum: 0.1,
        maximum: 60,
        description: 'Seconds between two looks; less than one is for simulated hosts.',
      },
      goneAfterSeconds: integer(
        60,
        1,
        86_400,
        'Seconds after which a domain without a configuration file counts as gone.',
      ),
    }),
    usage: section('What the domains use, for metrics and for the graphs of their owners.', {
      xentop: {
        ...TEXT,
        type: ['string', 'null'],
        default: '/usr/sbin/xentop',
        description:
          'Absolute path of xentop, which counts network and disks of all domains every 15 s. `null`: they are not counted.',
      },
    }),
    console: section('The consoles.', {
      attach: {
        type: 'string',
        enum: ['always', 'on-demand'],
        default: 'always',
        description:
          '`always`: the console of every running domain, so that its output is kept; `on-demand`: only while somebody watches.',
      },
      announceAdmins: {
        type: 'boolean',
        default: true,
        description:
          'Whether customers are told of an admin who watches by `postern console --watch`. They are always told who has the keyboard. The journal has all of it.',
      },
      log: section('The output of the consoles, kept in `console-log` in the state directory.', {
        keep: {
          type: 'boolean',
          default: true,
          description:
            'Whether the output is kept on the disk. Otherwise memory has the last 256 KiB of each domain.',
        },
        perDomainMiB: integer(16, 1, 4_096, 'MiB for each domain; beyond it the oldest output goes.'),
        totalMiB: integer(
          1_024,
          1,
          1_048_576,
          'MiB for all domains. Beyond it logs of domains that are gone go first, then the oldest output of the domain that has most.',
        ),
        rateKiB: integer(
          32,
          1,
          1_048_576,
          'KiB a second of one domain in the long run; 4 MiB at once are kept whole. The rest is dropped, and the log says so at that place.',
        ),
        days: integer(90, 1, 36_500, 'Days after which output is removed.'),
        goneDays: integer(30, 0, 36_500, 'Days for which the log of a domain that is gone stays.'),
      }),
    }),
    sysrqKeys: {
      type: 'string',
      pattern: '^[a-z0-9]*$',
      patternErrorMessage: 'small letters and digits, one for each key',
      default: 'hmpstuw',
      description:
        'SysRq keys that customers may send: help, memory, registers, sync, tasks, remount read-only, blocked tasks. `b` and `o` bypass the limits on reboots and power-offs.',
    },
    log: LOG,
  },
} as const;

/** dom0.yaml after validation, with defaults filled in. */
export type Dom0Document = SchemaValue<typeof DOM0_SCHEMA>;
