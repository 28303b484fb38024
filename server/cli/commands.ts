import type { Command } from 'commander';
import { addNamed } from './add-named.js';
import type { Add } from './add-named.js';

/** Every command by its name, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  gate: async () => (await import('./gate.js')).addGateCommand,
  dom0: async () => (await import('./dom0.js')).addDom0Command,
  demo: async () => (await import('./demo.js')).addDemoCommand,
  customer: async () => (await import('./customer.js')).addCustomerCommand,
  key: async () => (await import('./key.js')).addKeyCommand,
  role: async () => (await import('./role.js')).addRoleCommand,
  domain: async () => (await import('./domain.js')).addDomainCommand,
  session: async () => (await import('./session.js')).addSessionCommand,
  maintenance: async () => (await import('./maintenance.js')).addMaintenanceCommand,
  audit: async () => (await import('./audit.js')).addAuditCommand,
  policy: async () => (await import('./policy.js')).addPolicyCommand,
  console: async () => (await import('./console.js')).addConsoleCommand,
  recording: async () => (await import('./recording.js')).addRecordingCommand,
  hostkey: async () => (await import('./hostkey.js')).addHostkeyCommand,
  setup: async () => (await import('./setup.js')).addSetupCommand,
  import: async () => (await import('./import.js')).addImportCommand,
  backup: async () => (await import('./backup.js')).addBackupCommand,
  doctor: async () => (await import('./doctor.js')).addDoctorCommand,
};

/**
 * Adds the command that is named first on the command line, or all when that is none of them: loading what one does not need would cost it a third
 * of its time.
 */
export async function addCommands(program: Command, first: string | undefined): Promise<void> {
  if (first === '--version' || first === '-V') return;
  await addNamed(COMMANDS, program, first);
}
