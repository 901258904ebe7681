import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers';
import Components from 'unplugin-vue-components/vite';
import { defineConfig } from 'vitest/config';

const daemon = process.env.MINSHENG_DAEMON ?? 'http://127.0.0.1:8345';

export default defineConfig({
  // Relative addresses: the daemon may serve the console below a path of a reverse proxy.
  base: './',
  plugins: [vue(), Components({ dts: false, dirs: [], resolvers: [ElementPlusResolver()] })],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // The content security policy allows no data: font or script, so nothing is inlined.
  // Browsers of offices (360, UOS, Kylin) stand years behind. What Object.hasOwn came with is the oldest that Vue runs in.
  build: { target: 'chrome93', cssTarget: 'chrome93', assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  server: { proxy: { '/api': { target: daemon } } },
  test: { include: ['test/**/*.test.ts'] },
});
