/** What the adapter says of itself: only what works. */
import type { DebugProtocol } from "@vscode/debugprotocol";

const appliesTo: DebugProtocol.BreakpointModeApplicability[] = ["source", "instruction", "data"];

export const capabilities: DebugProtocol.Capabilities = {
  breakpointModes: [
    { mode: "any", label: "Everywhere", description: "Stops whoever runs into it.", appliesTo },
    { mode: "kernel", label: "Kernel", description: "Stops the kernel only.", appliesTo },
    {
      mode: "programs",
      label: "Programs",
      description: "Stops programs in user mode only.",
      appliesTo,
    },
  ],
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsFunctionBreakpoints: true,
  supportsInstructionBreakpoints: true,
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
  supportsBreakpointLocationsRequest: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  supportsSteppingGranularity: true,
  supportsSingleThreadExecutionRequests: true,
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  supportsGotoTargetsRequest: true,
  supportsSetExpression: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: [".", ":", "$"],
  supportsDisassembleRequest: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
  supportsModulesRequest: true,
  supportsRestartRequest: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  supportSuspendDebuggee: true,
};
