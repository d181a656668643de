import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(html|js|css|svg|json|webmanifest|txt)$/;

/** Writes a `.br` and a `.gz` twin beside each text file, so that the server never compresses. */
export function compressedTwins(): Plugin {
  return {
    name: 'greenroom-compressed-twins',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      // After Vite's own last changes, or the twins would be of another text.
      order: 'post',
      handler(_options, bundle) {
        for (const [name, file] of Object.entries(bundle)) {
          if (!TEXT.test(name)) continue;
          const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source);
          this.emitFile({ type: 'asset', fileName: `${name}.br`, source: brotli(bytes) });
          this.emitFile({
            type: 'asset',
            fileName: `${name}.gz`,
            source: gzipSync(bytes, { level: 9 }),
          });
        }
      },
    },
  };
}

function brotli(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  });
}
