import { defineConfig } from "vite";

export default defineConfig({
  // The page that a development server of Edge Sessions lets call without CORS_ORIGINS.
  server: { host: "localhost", port: 3000, strictPort: true },
});
