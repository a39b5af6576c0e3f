"""From a platform's answer to stored mentions and cases."""
