"""The functions of `doitui_core` for scripts and cron jobs; `import doitui_core` offers them."""
