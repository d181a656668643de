import type { Rolldown } from 'vite';

export type Bundle = Rolldown.OutputBundle;

/** The scripts and styles that an entry can't begin without; `ever`: and all that it may ask for later. */
export function reached(bundle: Bundle, entry: string, ever: boolean): Set<string> {
  const files = new Set<string>();
  const follow = (name: string): void => {
    const chunk = bundle[name];
    if (chunk?.type !== 'chunk' || files.has(name)) return;
    files.add(name);
    for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(style);
    chunk.imports.forEach(follow);
    if (ever) chunk.dynamicImports.forEach(follow);
  };
  for (const file of Object.values(bundle)) {
    if (file.type === 'chunk' && file.isEntry && file.name === entry) follow(file.fileName);
  }
  return files;
}
