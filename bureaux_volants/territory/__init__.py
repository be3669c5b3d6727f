"""Who and where: territories, organisations, communes, sites, opening hours, closures, agents, roles."""
