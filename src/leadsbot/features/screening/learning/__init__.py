"""What the content filter knows of texts: features, an online model, shipped weights, each workspace's own."""
