import { attention, ok, type Finding } from './finding.ts';

export interface VersionFacts {
  /** As `process.versions.node`. */
  readonly node: string;
  /** Of this command. */
  readonly seawall: string;
  /** Of the hub that runs on the data directory, if it answers. */
  readonly runningHub: string | undefined;
  /** Of the release that wrote to the journal last, if that is known. */
  readonly lastWriter: string | undefined;
  /** The newest entry version this release reads and writes. */
  readonly entryVersion: number;
}

const NODE_AT_LEAST = [20, 19] as const;

/** Node, this release, and what it meets: a running hub, and data that another release wrote. */
export function checkVersions(facts: VersionFacts): readonly Finding[] {
  const { node, seawall, runningHub, lastWriter, entryVersion } = facts;
  const findings = [checkNode(node)];
  const wrote = lastWriter === undefined ? '' : `, which Seawall ${lastWriter} wrote last`;
  findings.push(ok('versions', `Seawall ${seawall}; it reads journal entries up to version ${entryVersion}${wrote}.`));
  if (runningHub !== undefined && runningHub !== seawall) {
    findings.push(
      attention(
        'versions',
        `The hub that runs is Seawall ${runningHub}, and this command is ${seawall}.`,
        'Restart the hub, so that what is installed is what runs.',
      ),
    );
  }
  return findings;
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor, needMinor] = NODE_AT_LEAST;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return ok('versions', `Node ${version}.`);
  return attention(
    'versions',
    `Node ${version} is older than ${needMajor}.${needMinor}, which Seawall needs.`,
    'Install a newer Node from https://nodejs.org.',
  );
}
