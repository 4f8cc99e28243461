{
  'variables': {
    # Freestanding: no libc, no run-time support, nothing that would need relocations or start-up code.
    'freestanding': [
      '-std=c++20', '-Os', '-Wall', '-Wextra', '-Werror', '-fPIE', '-ffreestanding', '-fno-exceptions', '-fno-rtti',
      '-fno-stack-protector', '-fno-threadsafe-statics', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables',
      '-ffunction-sections', '-fdata-sections', '-U_FORTIFY_SOURCE',
    ],
  },
  'targets': [
    {
      'target_name': 'cofferdam-launcher',
      'type': 'executable',
      'sources': ['<!@(node scripts/sources.cjs launcher interpreter)'],
      'cflags!': ['-fPIC', '-O3', '-pthread'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
      'cflags': ['<@(freestanding)'],
      'defines!': ['V8_DEPRECATION_WARNINGS=1'],
      'ldflags!': ['-pthread', '-rdynamic'],
      'ldflags': [
        '-static-pie', '-nostdlib', '-nostartfiles', '-s', '-Wl,--gc-sections', '-Wl,-z,noexecstack', '-Wl,-z,norelro',
        '-Wl,-z,noseparate-code', '-Wl,--build-id=none', '-Wl,--hash-style=sysv', '-Wl,--no-dynamic-linker',
      ],
      'libraries!': ['-lstdc++', '-lm'],
      'conditions': [['target_arch=="x64"', {'cflags': ['-fcf-protection=none']}]],
    },
    {
      'target_name': 'cofferdam',
      'dependencies': ['cofferdam-launcher'],
      'sources': ['<!@(node scripts/sources.cjs addon interpreter)', '<(INTERMEDIATE_DIR)/launcher.S'],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': [
        'NAPI_VERSION=9', 'NODE_ADDON_API_DISABLE_DEPRECATED', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        'NAPI_CPP_EXCEPTIONS',
      ],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-std=gnu++20'],
      'cflags': ['-fvisibility=hidden', '-Wall', '-Wextra', '-Werror'],
      'cflags_cc': ['-std=c++20', '-fexceptions'],
      'ldflags': ['-Wl,-z,noexecstack', '-Wl,--gc-sections'],
      'actions': [
        {
          'action_name': 'embed_launcher',
          'inputs': ['<(PRODUCT_DIR)/cofferdam-launcher', 'scripts/embed.cjs'],
          'outputs': ['<(INTERMEDIATE_DIR)/launcher.S'],
          'action': ['node', 'scripts/embed.cjs', '<(PRODUCT_DIR)/cofferdam-launcher', '<(INTERMEDIATE_DIR)/launcher.S'],
        },
      ],
    },
  ],
}
