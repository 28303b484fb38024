import type { Command } from 'commander';
import { addNamed } from './command/add-named.js';
import type { Add } from './command/add-named.js';

/** Every command by its name, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  gate: async () => (await import('./half/gate.js')).addGateCommand,
  dom0: async () => (await import('./half/dom0.js')).addDom0Command,
  demo: async () => (await import('./demo/demo.js')).addDemoCommand,
  customer: async () => (await import('./customer/customer.js')).addCustomerCommand,
  key: async () => (await import('./customer/key.js')).addKeyCommand,
  ca: async () => (await import('./customer/ca.js')).addCaCommand,
  role: async () => (await import('./customer/role.js')).addRoleCommand,
  domain: async () => (await import('./domain/domain.js')).addDomainCommand,
  session: async () => (await import('./customer/session.js')).addSessionCommand,
  maintenance: async () => (await import('./domain/maintenance.js')).addMaintenanceCommand,
  audit: async () => (await import('./record/audit.js')).addAuditCommand,
  notice: async () => (await import('./record/notice.js')).addNoticeCommand,
  policy: async () => (await import('./policy/policy.js')).addPolicyCommand,
  'explain-login': async () => (await import('./record/explain-login.js')).addExplainLoginCommand,
  console: async () => (await import('./console/console.js')).addConsoleCommand,
  recording: async () => (await import('./record/recording.js')).addRecordingCommand,
  hostkey: async () => (await import('./setup/hostkey.js')).addHostkeyCommand,
  setup: async () => (await import('./setup/setup.js')).addSetupCommand,
  'rescue-image': async () => (await import('./rescue-image/rescue-image.js')).addRescueImageCommand,
  image: async () => (await import('./image/image.js')).addImageCommand,
  import: async () => (await import('./import/import.js')).addImportCommand,
  apply: async () => (await import('./declaration/apply.js')).addApplyCommand,
  export: async () => (await import('./declaration/export.js')).addExportCommand,
  backup: async () => (await import('./record/backup.js')).addBackupCommand,
  status: async () => (await import('./status/status.js')).addStatusCommand,
  top: async () => (await import('./top/top.js')).addTopCommand,
  completion: async () => (await import('./completion/completion.js')).addCompletionCommand,
  man: async () => {
    const { addManCommand } = await import('./man/man.js');
    return (parent) => {
      addManCommand(parent, addCommands);
    };
  },
  complete: async () => {
    const { addCompleteCommand } = await import('./completion/completion.js');
    return (parent) => {
      addCompleteCommand(parent, addCommands);
    };
  },
  doctor: async () => (await import('./doctor/doctor.js')).addDoctorCommand,
};

/**
 * Adds the command that the command line names first, or all of them. Loading the other commands would make
 * each run a third slower.
 */
export async function addCommands(program: Command, first: string | undefined): Promise<void> {
  if (first === '--version' || first === '-V') return;
  await addNamed(COMMANDS, program, first);
}
