import { execFileSync } from 'node:child_process';

import { demo } from './demo';

/** Runs a script on a node of the lab by the system's own ssh, not by the console. */
export function onNode(name: string, script: string): string {
  const node = demo.nodes.find((other) => other.name === name);
  if (!node) throw new Error(`the demo has no node ${name}`);
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  const args = ['-i', demo.private_key, ...options.flatMap((option) => ['-o', option])];
  return execFileSync('ssh', [...args, `root@${node.address}`, script]).toString();
}
