import { Command } from 'commander';
import { backupCommand } from './commands/backup.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { queryCommand } from './commands/query.ts';
import { restoreCommand } from './commands/restore.ts';
import { simulateCommand } from './commands/simulate.ts';
import { tailCommand } from './commands/tail.ts';
import { upCommand } from './commands/up.ts';
import { explain } from './explain.ts';
import { VERSION } from './version.ts';

const HELP = `
Try it:
  npm start                                a hub with a small city in it
  seawall query --metric pm25 --from -1h   what the air was like
  seawall tail 'air-*'                     what its devices send, as it comes
  seawall doctor                           whether all is well here

"seawall <command> --help" says more about each.`;

/** The `seawall` command. A mistake of the user's ends with a sentence and exit code 2, anything else with 1. */
export async function main(argv: readonly string[]): Promise<void> {
  endQuietlyWithItsReader(process.stdout);
  const program = new Command('seawall')
    .description('A smart-city telemetry hub: acknowledged means stored, event time decides, nothing bad is silent.')
    .version(VERSION)
    .addHelpText('after', HELP)
    .showHelpAfterError('Add --help for what there is.')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const command of [
    upCommand(),
    simulateCommand(),
    importCommand(),
    exportCommand(),
    queryCommand(),
    tailCommand(),
    backupCommand(),
    restoreCommand(),
    doctorCommand(),
  ]) {
    command.copyInheritedSettings(program);
    program.addCommand(command);
  }
  for (const name of NOT_BUILT) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        program.error(`seawall ${name} is not built yet.`);
      });
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    const { sentence, exitCode } = explain(error);
    process.stderr.write(`seawall: ${sentence}\n`);
    process.exit(exitCode);
  }
}

/** `seawall query … | head`: who has read enough closes the pipe, and there is nobody left to tell anything. */
function endQuietlyWithItsReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const NOT_BUILT = ['devices', 'backtest', 'replay-rejections'];
