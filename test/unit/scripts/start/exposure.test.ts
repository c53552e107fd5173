import { describe, expect, it } from "vitest";
import { isSwitchedOn } from "../../../../scripts/server/flags.ts";
import { exposure, withoutKey } from "../../../../scripts/start/exposure.ts";

const words = (line: string) => line.split(" ").filter(Boolean);

describe("a server that npm start starts", () => {
  it("is reached by this machine alone at a loopback address", () => {
    for (const ip of ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
      expect([ip, exposure([], ip)]).toEqual([ip, null]);
  });

  it("is reached by others at any other address, and through a tunnel", () => {
    for (const ip of ["0.0.0.0", "*", "::", "[::]", "192.168.1.5", "dev.example.com", "127.0.0.1.evil.com", ""]) {
      expect([ip, exposure([], ip)]).toEqual([ip, `--ip ${ip}`]);
    }
    expect(exposure(["--tunnel"], "127.0.0.1")).toBe("--tunnel");
    expect(withoutKey("--ip 0.0.0.0")).toContain("With --ip 0.0.0.0 other machines");
  });

  it("has a tunnel when that is switched on last", () => {
    for (const line of ["--tunnel", "--tunnel --port 1", "--tunnel=true", "--tunnel true", "--no-tunnel --tunnel"]) {
      expect([line, isSwitchedOn(words(line), "tunnel")]).toEqual([line, true]);
    }
    for (const line of [
      "",
      "--tunnel=false",
      "--tunnel false",
      "--no-tunnel",
      "--tunnel --no-tunnel",
      "--tunnel-name x",
    ]) {
      expect([line, isSwitchedOn(words(line), "tunnel")]).toEqual([line, false]);
    }
  });
});
