"""Operations on many DOIs, or at once: bulk and cron runs, sync, adoption, settings, event flush."""
