import { stopGroupsAtEnd } from "../server/process-group.ts";
import { StartError } from "../server/wrangler.ts";
import { live, type Went } from "./campaign.ts";
import { type Options, readOptions } from "./options.ts";
import { type EpochPlan, operationsOf, planEpochs, prefixOf } from "./plan.ts";
import { findingsText, summary } from "./report.ts";
import { shortestPrefix } from "./shrink.ts";

const OUTPUT_SHOWN_CHARS = 3_000;

/** `npm run histories`: does random things to sessions, kills the server, and checks what is left. Answers the exit code. */
async function histories({ seed, epochs, operations, shrinks }: Options): Promise<number> {
  const all = planEpochs(seed, epochs);
  const plan = operations === null ? all : prefixOf(all, operations);
  console.log(`Seed ${seed}, ${plan.length} epochs.`);
  const went = await live(plan, (epoch) => console.log(`Seed ${seed}, epoch ${epoch}: nothing found.`));
  console.log(summary(seed, went));
  if (went.findings.length === 0) return 0;
  console.error(findingsText(went));
  console.error(`\nThe server's last words:\n${went.output.slice(-OUTPUT_SHOWN_CHARS)}`);
  if (shrinks) console.error(`\n${await shrunk(seed, plan.slice(0, went.epochs))}`);
  return 1;
}

/** Looks for the shortest beginning of the plan that fails again. Answers the command that runs it. */
async function shrunk(seed: number, plan: readonly EpochPlan[]): Promise<string> {
  const count = plan.reduce((sum, epoch) => sum + operationsOf(epoch), 0);
  let last: Went | null = null;
  const shortest = await shortestPrefix(count, async (operations) => {
    const went = await live(prefixOf(plan, operations), () => {});
    console.error(`The first ${operations} operations: ${went.findings.length} found.`);
    if (went.findings.length > 0) last = went;
    return went.findings.length > 0;
  });
  if (shortest === null || last === null) {
    return `Seed ${seed}: a second run of it found nothing. What is above is all that there is to go by.`;
  }
  return (
    `${findingsText(last)}\n\nThe shortest beginning that failed: ` +
    `npm run histories -- --seed ${seed} --epochs ${plan.length} --operations ${shortest}`
  );
}

stopGroupsAtEnd();
try {
  process.exitCode = await histories(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
}
