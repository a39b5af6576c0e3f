"""What each platform says. One file a platform; knows nothing of cases."""
