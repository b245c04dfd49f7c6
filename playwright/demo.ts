import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The running demo, as `cargo xtask demo --detach` left it. */
export interface Demo {
  url: string;
  /** An API token with the role admin. */
  token: string;
  nodes: { name: string; role: string; address: string }[];
}

const file = new URL('../target/demo.json', import.meta.url);

export const demo: Demo = JSON.parse(readFileSync(file, 'utf8'));
demo.url = process.env.SIGNALBOX_URL ?? demo.url;
